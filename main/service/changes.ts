// A watcher of a list: each entry that changed, read when the watcher asks for the next item, at
// most four times a second each. A slow watcher gets fewer items, and nothing waits for it in
// memory.
import { Stream } from './stream.ts'

const pause = 250 // milliseconds between two updates of one entry

export interface Watched<T> {
  /** Ids that are told first. */
  first: Iterable<string>
  /** How to hear of changes; returns how to stop. */
  listen(changed: (id: string) => void): () => void
  /** The entry as the list shows it, or that it is gone. */
  read(id: string): { update: T; gone: boolean }
}

export function watchChanges<T>(
  { first, listen, read }: Watched<T>,
  signal: AbortSignal | undefined,
): Stream<T> {
  const changed = new Set(first)
  const toldAt = new Map<string, number>()
  const produce = (asking: Stream<T>): T | undefined => {
    let soonest = Infinity
    for (const id of changed) {
      const wait = (toldAt.get(id) ?? -Infinity) + pause - performance.now()
      soonest = Math.min(soonest, wait)
      if (wait > 0) continue
      changed.delete(id)
      const { update, gone } = read(id)
      if (gone) toldAt.delete(id)
      else toldAt.set(id, performance.now())
      return update
    }
    if (soonest < Infinity) asking.wakeIn(soonest)
    return undefined
  }
  const stream: Stream<T> = new Stream({ signal, produce, onEnd: () => stopListening() })
  const stopListening = listen((id) => {
    changed.add(id)
    stream.wake()
  })
  return stream
}
