// Exports away from the main thread: reading, rearranging and encoding weights takes longer than it may be held up. This
// file is both ends: the thread that loads it as `latent-export` builds one export and ends, every other one asks.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { asStudioError, StudioError, type ErrorCode } from '../../preload/contract/errors.ts'
import type { BuiltExport, ExportQuestion } from './build.ts'
import type { ExportSource } from './model.ts'

type Answer = { built: BuiltExport } | { error: { code: ErrorCode; message: string; data: Record<string, unknown> } }

/** The files of an export, in memory. Throws as buildExport, and `cancelled` when the signal aborts. */
export function buildInThread(
  source: ExportSource,
  question: ExportQuestion,
  signal: AbortSignal | undefined,
): Promise<BuiltExport> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(cancelled())
    const worker = new Worker(new URL(import.meta.url), { workerData: { role: 'latent-export', source, question } })
    const cancel = () => {
      reject(cancelled())
      void worker.terminate()
    }
    signal?.addEventListener('abort', cancel, { once: true })
    worker.on('message', (answer: Answer) => {
      if ('built' in answer) resolve(answer.built)
      else reject(new StudioError(answer.error.code, answer.error.message, answer.error.data))
    })
    worker.on('error', (error) => reject(asStudioError(error)))
    worker.on('exit', () => {
      signal?.removeEventListener('abort', cancel)
      // settled already, unless the thread died without a word
      reject(new StudioError('internal', 'The export ended without a result. Try again.'))
    })
  })
}

function cancelled(): StudioError {
  return new StudioError('cancelled', 'The export was cancelled; nothing was written.')
}

// The builder is loaded only here: the asking side needs no protobuf.
async function serve({ source, question }: { source: ExportSource; question: ExportQuestion }): Promise<void> {
  try {
    const { buildExport } = await import('./build.ts')
    const built = await buildExport(source, question)
    // a small Buffer is a view of a pool that all share and that cannot change hands
    const files = built.files.map(({ name, bytes }) => ({
      name,
      bytes: bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes),
    }))
    parentPort!.postMessage({ built: { ...built, files } } satisfies Answer, [
      ...new Set(files.map(({ bytes }) => bytes.buffer as ArrayBuffer)),
    ])
  } catch (error) {
    const { code, message, data } = asStudioError(error)
    parentPort!.postMessage({ error: { code, message, data } } satisfies Answer)
  }
}

const role = workerData as { role?: string; source: ExportSource; question: ExportQuestion } | null
if (!isMainThread && role?.role === 'latent-export') void serve(role)
