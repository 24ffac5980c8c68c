// Long reads away from the main thread: a worker thread with a read-only connection of its own.
// This file is both ends: the thread that loads it as `latent-reader` answers, every other one
// asks.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { StudioError, type ErrorCode } from '../../preload/contract/errors.ts'
import type { RunSummary } from '../../preload/contract/records.ts'
import { readMetrics, type StoredSeries } from './metrics.ts'
import { openReadOnly, type Store } from './open.ts'
import { listRuns } from './runs.ts'

export interface Reader {
  /** As listRuns of runs.ts. */
  listRuns(which: { deleted: boolean }): Promise<RunSummary[]>
  /** As readMetrics of metrics.ts. */
  readMetrics(
    run: string,
    range: { fromStep: number; toStep?: number | undefined; points: number },
  ): Promise<StoredSeries>
  close(): Promise<void>
}

type Question =
  | { id: number; kind: 'list'; which: { deleted: boolean } }
  | { id: number; kind: 'metrics'; run: string; range: Parameters<Reader['readMetrics']>[1] }
type Answer =
  | { id: number; value: unknown }
  | { id: number; error: { code: ErrorCode; message: string; data: Record<string, unknown> } }
type Asked = Question extends infer Each
  ? Each extends Question
    ? Omit<Each, 'id'>
    : never
  : never

/**
 * A reader of a store that this process has open. Reads see everything committed before they were
 * asked.
 */
export function openReader(store: Store): Reader {
  return store.file === null ? readerHere(store) : readerInThread(store.dataFolder, store.file)
}

// A database without a name is looked at by one command, which has nothing else to do meanwhile.
function readerHere(store: Store): Reader {
  return {
    listRuns: async (which) => listRuns(store, which),
    readMetrics: async (run, range) => readMetrics(store, run, range),
    close: async () => undefined,
  }
}

function readerInThread(dataFolder: string, file: string): Reader {
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { role: 'latent-reader', dataFolder, file },
  })
  const waiting = new Map<number, { resolve(value: never): void; reject(error: Error): void }>()
  let ended: Error | null = null
  let asked = 0
  const end = (error: Error) => {
    ended ??= error
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  worker.on('message', (answer: Answer) => {
    const { resolve, reject } = waiting.get(answer.id)!
    waiting.delete(answer.id)
    if ('error' in answer)
      reject(new StudioError(answer.error.code, answer.error.message, answer.error.data))
    else resolve(answer.value as never)
    if (waiting.size === 0) worker.unref()
  })
  worker.on('error', (error) =>
    end(
      new StudioError(
        'store-failed',
        `Expected the process that reads the database to run, found that it ended: ${error instanceof Error ? error.message : String(error)}. Start the program again.`,
      ),
    ),
  )
  worker.on('exit', () =>
    end(
      new StudioError(
        'store-failed',
        'Expected the process that reads the database to run, found that it has ended. Start the program again.',
      ),
    ),
  )
  worker.unref()
  const ask = <T>(question: Asked) =>
    new Promise<T>((resolve, reject) => {
      if (ended) return reject(ended)
      waiting.set(++asked, { resolve, reject })
      worker.ref()
      worker.postMessage({ ...question, id: asked })
    })
  return {
    listRuns: (which) => ask({ kind: 'list', which }),
    readMetrics: (run, range) => ask({ kind: 'metrics', run, range }),
    close: async () => void (await worker.terminate()),
  }
}

function answer(store: Store, question: Question): { value: unknown; transfer: ArrayBuffer[] } {
  if (question.kind === 'list') return { value: listRuns(store, question.which), transfer: [] }
  const series = readMetrics(store, question.run, question.range)
  return { value: series, transfer: [series.data.buffer] }
}

function serve(dataFolder: string, file: string): void {
  let store: Store | null = null
  parentPort!.on('message', (question: Question) => {
    try {
      store ??= openReadOnly(dataFolder, file)
      const { value, transfer } = answer(store, question)
      parentPort!.postMessage({ id: question.id, value } satisfies Answer, transfer)
    } catch (error) {
      const { code, message, data } =
        error instanceof StudioError ? error : new StudioError('internal', String(error))
      parentPort!.postMessage({ id: question.id, error: { code, message, data } } satisfies Answer)
    }
  })
}

const role = workerData as { role?: string; dataFolder: string; file: string } | null
if (!isMainThread && role?.role === 'latent-reader') serve(role.dataFolder, role.file)
