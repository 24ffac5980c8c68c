// Work that follows from codes alone and that several questions may wait for: whoever asks for what
// is under way waits for the same; it is given up when all of them have left. What is done is kept
// with the codes.
import { derived, type Codes } from './codes.ts'

type Tell = (done: number, total: number) => void

interface Shared<T> {
  value: Promise<T>
  cancel: AbortController
  waiting: Set<Tell>
}

/**
 * `cancelled`: of the question that waits; `start` is given a signal of its own, which all who wait
 * share.
 */
export async function together<T>(
  codes: Codes,
  name: string,
  cancelled: AbortSignal,
  start: (cancelled: AbortSignal, progress: Tell) => Promise<T>,
  tell: Tell = () => undefined,
): Promise<T> {
  const shared = await derived(codes, name, () => {
    const cancel = new AbortController()
    const waiting: Shared<T>['waiting'] = new Set()
    const value = start(cancel.signal, (done, total) =>
      waiting.forEach((each) => each(done, total)),
    )
    value.catch(() => codes.derived.delete(name))
    return Promise.resolve({ value, cancel, waiting } satisfies Shared<T>)
  })
  return waitFor(shared, cancelled, tell)
}

async function waitFor<T>(
  { value, cancel, waiting }: Shared<T>,
  cancelled: AbortSignal,
  tell: Tell,
): Promise<T> {
  const own: Tell = (done, total) => tell(done, total)
  waiting.add(own)
  const left = Promise.withResolvers<never>()
  const leave = () => {
    waiting.delete(own)
    if (waiting.size === 0) cancel.abort(cancelled.reason)
    left.reject(cancelled.reason as Error)
  }
  if (cancelled.aborted) leave()
  else cancelled.addEventListener('abort', leave, { once: true })
  try {
    return await Promise.race([value, left.promise])
  } finally {
    waiting.delete(own)
    cancelled.removeEventListener('abort', leave)
  }
}
