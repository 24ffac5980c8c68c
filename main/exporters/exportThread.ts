// Exports away from the main thread: reading, rearranging and encoding weights takes longer than it
// may be held up. This file is both ends: the thread that loads it as `latent-export` builds one
// export, or writes one run's file, and ends; every other one asks.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { asStudioError, StudioError, type ErrorCode } from '../../preload/contract/errors.ts'
import type { Progress } from '../../preload/contract/records.ts'
import { fileReason } from '../files/reason.ts'
import type { BuiltExport } from './builtExport.ts'
import type { ExportQuestion } from './buildExport.ts'
import type { ExportSource } from './exportedModel.ts'
import type { RunFileFigures } from './writeRunFile.ts'
import type { RunFileQuestion } from './runFileOf.ts'

/** An export that its thread has written as one file. */
export type KeptExport = Omit<BuiltExport, 'files'> & { files: { name: string; bytes: number }[] }

interface KeptPlace {
  path: string
  asZip: boolean
}

type Work =
  | { kind: 'model'; source: ExportSource; question: ExportQuestion; kept: KeptPlace | null }
  | { kind: 'run'; question: RunFileQuestion; main: string }
type Answer =
  | { value: unknown }
  | { progress: Progress }
  | { error: { code: ErrorCode; message: string; data: Record<string, unknown> } }

/** Who asks: what cancels the work, and who is told how far it is. */
export interface Asked {
  cancel: AbortSignal | undefined
  progress?: ((progress: Progress) => void) | undefined
}

/**
 * The files of an export, in memory. Throws as buildExport, and `cancelled` when the signal aborts.
 */
export function buildInThread(
  source: ExportSource,
  question: ExportQuestion,
  asked: Asked,
): Promise<BuiltExport> {
  return inThread({ kind: 'model', source, question, kept: null }, asked)
}

/**
 * Writes an export as one file, in place of what is there. Throws as buildExport, `bad-input` for
 * the disk, `cancelled`.
 */
export function keepInThread(
  source: ExportSource,
  question: ExportQuestion,
  kept: KeptPlace,
  asked: Asked,
): Promise<KeptExport> {
  return inThread({ kind: 'model', source, question, kept }, asked)
}

/**
 * Writes a run's file, or counts its bytes. Throws as writeRunFile, what the disk throws, and
 * `cancelled`.
 */
export function runFileInThread(
  question: RunFileQuestion,
  main: string,
  asked: Asked,
): Promise<RunFileFigures & { bytes: number }> {
  return inThread({ kind: 'run', question, main }, asked)
}

function inThread<T>(work: Work, { cancel: signal, progress }: Asked): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(cancelled())
    const worker = new Worker(new URL(import.meta.url), {
      workerData: { role: 'latent-export', work },
    })
    let settled = false
    const cancel = () => {
      settled = true
      // gone before anybody clears up behind it
      void worker.terminate().then(() => reject(cancelled()))
    }
    signal?.addEventListener('abort', cancel, { once: true })
    worker.on('message', (answer: Answer) => {
      if (settled) return
      if ('value' in answer) resolve(answer.value as T)
      else if ('progress' in answer) progress?.(answer.progress)
      else reject(new StudioError(answer.error.code, answer.error.message, answer.error.data))
    })
    worker.on('error', (error) => reject(asStudioError(error)))
    worker.on('exit', () => {
      signal?.removeEventListener('abort', cancel)
      // settled already, unless the thread died without a word
      if (!settled)
        reject(new StudioError('internal', 'The export ended without a result. Try again.'))
    })
  })
}

function cancelled(): StudioError {
  return new StudioError('cancelled', 'The export was cancelled; nothing was written.')
}

// The builders are loaded only here: the asking side needs no protobuf.
async function serve(work: Work): Promise<void> {
  const progress = (now: Progress) => parentPort!.postMessage({ progress: now } satisfies Answer)
  try {
    if (work.kind === 'run') {
      const { runFileOf } = await import('./runFileOf.ts')
      return parentPort!.postMessage({
        value: await runFileOf(work.question, work.main, progress),
      } satisfies Answer)
    }
    const { buildExport } = await import('./buildExport.ts')
    const built = await buildExport(work.source, work.question, progress)
    if (work.kept)
      return parentPort!.postMessage({
        value: await keptOf(built, work.kept, work.question.names.main, progress),
      } satisfies Answer)
    // a small Buffer is a view of a pool that all share and that cannot change hands
    const files = built.files.map(({ name, bytes }) => ({
      name,
      bytes: bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes),
    }))
    parentPort!.postMessage({ value: { ...built, files } } satisfies Answer, [
      ...new Set(files.map(({ bytes }) => bytes.buffer as ArrayBuffer)),
    ])
  } catch (error) {
    const { code, message, data } = asStudioError(error)
    parentPort!.postMessage({ error: { code, message, data } } satisfies Answer)
  }
}

async function keptOf(
  built: BuiltExport,
  { path, asZip }: KeptPlace,
  main: string,
  progress: (now: Progress) => void,
): Promise<KeptExport> {
  const { keepExport } = await import('./kept.ts')
  const stage = `Writing ${main}${asZip ? '.zip' : ''}`
  try {
    return {
      ...built,
      files: keepExport(built, path, asZip, (done, total) =>
        progress({ stage, done, total, unit: 'bytes' }),
      ),
    }
  } catch (error) {
    if (error instanceof StudioError) throw error
    throw new StudioError(
      'store-failed',
      `Expected to store ${main} for download, found ${fileReason(error)}. Free some space, then export again.`,
    )
  }
}

const role = workerData as { role?: string; work: Work } | null
if (!isMainThread && role?.role === 'latent-export') void serve(role.work)
