// Work on codes that takes seconds, away from the thread that answers everybody else. This file is
// both ends: the thread that loads it as `latent-analyst` does one task and ends, every other one
// asks. No tensors here: only numbers.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { asStudioError, StudioError, type ErrorCode } from '../../../preload/contract/errors.ts'
import type { FitTask, Fit } from './fitting.ts'
import type { LayoutTask } from './layout.ts'

export type Task = FitTask | LayoutTask

type Message<T> =
  | { progress: { done: number; total: number } }
  | { result: T }
  | { error: { code: ErrorCode; message: string; data: Record<string, unknown> } }

export function fitInThread(task: FitTask, cancelled: AbortSignal): Promise<Fit> {
  return inThread<Fit>(task, cancelled, () => undefined)
}

/** N x 2, float32. */
export function layoutInThread(
  task: LayoutTask,
  cancelled: AbortSignal,
  progress: (done: number, total: number) => void,
): Promise<Float32Array> {
  return inThread<Float32Array>(task, cancelled, progress)
}

function inThread<T>(
  task: Task,
  cancelled: AbortSignal,
  progress: (done: number, total: number) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (cancelled.aborted) return reject(cancelled.reason as Error)
    const worker = new Worker(new URL(import.meta.url), {
      workerData: { role: 'latent-analyst', task },
    })
    const cancel = () => {
      reject(cancelled.reason as Error)
      void worker.terminate()
    }
    cancelled.addEventListener('abort', cancel, { once: true })
    worker.on('message', (message: Message<T>) => {
      if ('progress' in message) progress(message.progress.done, message.progress.total)
      else if ('result' in message) resolve(message.result)
      else reject(new StudioError(message.error.code, message.error.message, message.error.data))
    })
    worker.on('error', (error) => reject(asStudioError(error)))
    worker.on('exit', () => {
      cancelled.removeEventListener('abort', cancel)
      // settled already, unless the thread died without a word
      reject(
        new StudioError(
          'internal',
          'The computation ended without a result. Try again with fewer images.',
        ),
      )
    })
  })
}

async function serve(task: Task): Promise<void> {
  const say = (message: Message<unknown>) => parentPort!.postMessage(message)
  try {
    if (task.kind === 'layout') {
      const { layout } = await import('./layout.ts')
      say({ result: layout(task, (done, total) => say({ progress: { done, total } })) })
    } else {
      const { fit } = await import('./fitting.ts')
      say({ result: fit(task) })
    }
  } catch (thrown) {
    const { code, message, data } =
      thrown instanceof RangeError
        ? new StudioError(
            'bad-input',
            `${capital(thrown.message)}. Use another number of clusters, or more images.`,
          )
        : asStudioError(thrown)
    say({ error: { code, message, data } })
  }
}

const capital = (text: string) => text[0]!.toUpperCase() + text.slice(1)

const role = workerData as { role?: string; task: Task } | null
if (!isMainThread && role?.role === 'latent-analyst') void serve(role.task)
