// Imports away from the main thread: reading, checking and converting a stranger's file. This file
// is both ends: the thread that loads it as `latent-import` reads one file and ends; the other one
// stores what it gives, a piece at a time.
import { open, stat } from 'node:fs/promises'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { asStudioError, StudioError, type ErrorCode } from '../../preload/contract/errors.ts'
import { importedFrom } from '../../preload/contract/imports.ts'
import type { Progress } from '../../preload/contract/records.ts'
import { fileReason } from '../files/reason.ts'
import type { ImportedRun, ImportPiece } from './pieces.ts'
import type { WeightsQuestion } from './importWeights.ts'

export interface ImportQuestion {
  path: string
  /** What people call it. */
  fileName: string
  /** How to read weights; a run's file needs nothing. */
  weights: WeightsQuestion
}

export interface ImportSteps {
  /**
   * The file looks right: where its checkpoints are to be written. `id` is the run's in the file,
   * if it has one.
   */
  begin(id: string | null): string
  store(piece: ImportPiece): void
  progress(progress: Progress): void
}

type FromThread =
  | { kind: 'begin'; id: string | null }
  | { kind: 'piece'; piece: ImportPiece }
  | { kind: 'progress'; progress: Progress }
  | { kind: 'result'; result: ImportedRun & { origin: string } }
  | { kind: 'error'; code: ErrorCode; message: string; data: Record<string, unknown> }

/**
 * Throws `bad-input`, `not-found`, `bad-config`, `damaged-checkpoint`, what `steps` throws, and
 * `cancelled`. The thread has ended then.
 */
export function importInThread(
  question: ImportQuestion,
  steps: ImportSteps,
  signal: AbortSignal | undefined,
): Promise<ImportedRun & { origin: string }> {
  return new Promise((resolve, reject) => {
    const cancelled = () =>
      new StudioError('cancelled', 'The import was cancelled; nothing was changed.')
    if (signal?.aborted) return reject(cancelled())
    const worker = new Worker(new URL(import.meta.url), {
      workerData: { role: 'latent-import', question },
    })
    // the thread is gone before anybody clears up behind it
    const fail = (error: unknown) => void worker.terminate().then(() => reject(error))
    const cancel = () => fail(cancelled())
    signal?.addEventListener('abort', cancel, { once: true })
    worker.on('message', (message: FromThread) => {
      try {
        if (message.kind === 'begin') worker.postMessage(steps.begin(message.id))
        else if (message.kind === 'piece') worker.postMessage(void steps.store(message.piece))
        else if (message.kind === 'progress') steps.progress(message.progress)
        else if (message.kind === 'result') resolve(message.result)
        else fail(new StudioError(message.code, message.message, message.data))
      } catch (error) {
        fail(error)
      }
    })
    worker.on('error', (error) => reject(asStudioError(error)))
    worker.on('exit', () => {
      signal?.removeEventListener('abort', cancel)
      // settled already, unless the thread died without a word
      setImmediate(() =>
        reject(new StudioError('internal', 'The import ended without a result. Try again.')),
      )
    })
  })
}

/** What kind of file it is, from its first bytes. Throws `bad-input` for any other. */
export async function kindOf(path: string): Promise<'run' | 'weights'> {
  const start = Buffer.alloc(9)
  try {
    const found = await stat(path)
    // opening a pipe waits for whoever writes to it, and nothing else can be opened meanwhile
    if (!found.isFile() && !found.isDirectory()) throw new Error('a special file')
    const file = await open(path, 'r')
    try {
      await file.read(start, 0, 9, 0)
    } finally {
      await file.close()
    }
  } catch (error) {
    throw new StudioError(
      'bad-input',
      `${path}: expected a file to import, found ${fileReason(error)}. Check the path.`,
      {
        path,
      },
    )
  }
  if (start.readUInt32LE(0) === 0x04034b50) return 'run'
  if (start[8] === 0x7b) return 'weights'
  throw new StudioError(
    'bad-input',
    'Expected a .latent file or safetensors, found another kind of file. Export one with `latent export RUN --out run.latent`, or save weights as safetensors.',
    { path },
  )
}

// The readers are loaded only here.
async function serve(question: ImportQuestion): Promise<void> {
  const port = parentPort!
  const asked = (message: FromThread) =>
    new Promise<unknown>((answer) => {
      port.once('message', answer)
      port.postMessage(message)
    })
  const tell = (stage: string, done: number, total: number) =>
    port.postMessage({
      kind: 'progress',
      progress: { stage, done, total, unit: 'bytes' },
    } satisfies FromThread)
  try {
    const kind = await kindOf(question.path)
    if (kind === 'weights') {
      const { importWeights } = await import('./importWeights.ts')
      const { write, result } = await importWeights(question, (done, total) =>
        tell('Reading the weights', done, total),
      )
      write((await asked({ kind: 'begin', id: null })) as string)
      return port.postMessage({ kind: 'result', result } satisfies FromThread)
    }
    const { openRunFile } = await import('./readRunFile.ts')
    const file = await openRunFile(question.path)
    try {
      const folder = (await asked({ kind: 'begin', id: file.manifest.run.id })) as string
      for await (const piece of file.pieces(folder, (done, total) =>
        tell('Reading the run', done, total),
      ))
        await asked({ kind: 'piece', piece })
      const origin = `${importedFrom} a file of ${file.manifest.program}, where it was run ${file.manifest.run.id}.`
      port.postMessage({
        kind: 'result',
        result: { ...file.result(), origin },
      } satisfies FromThread)
    } finally {
      file.close()
    }
  } catch (error) {
    const { code, message, data } = asStudioError(error)
    port.postMessage({ kind: 'error', code, message, data } satisfies FromThread)
  }
}

const role = workerData as { role?: string; question: ImportQuestion } | null
if (!isMainThread && role?.role === 'latent-import') void serve(role.question)
