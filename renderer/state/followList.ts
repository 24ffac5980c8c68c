// A list of the service that is kept true: fetched anew after every connection, then told of each
// change.
import { connection } from '../client/connection.svelte.ts'
import { isDisconnect, problemFrom, type Problem } from '../client/problem.ts'

export interface FollowedList<Item, Update> {
  watch(signal: AbortSignal): Promise<AsyncIterable<Update>>
  list(): Promise<Item[]>
  /** The whole list: what is not in it is no more. */
  replace(items: Item[]): void
  take(update: Update): void
  failed(problem: Problem): void
}

export function followList<Item, Update>(of: FollowedList<Item, Update>): void {
  let stop: AbortController | null = null
  connection.onOpen(() => {
    stop?.abort()
    stop = new AbortController()
    void follow(of, stop.signal)
  })
}

async function follow<Item, Update>(
  of: FollowedList<Item, Update>,
  stop: AbortSignal,
): Promise<void> {
  try {
    // watch before list: what changes in between is told twice rather than not at all
    const updates = await of.watch(stop)
    of.replace(await of.list())
    for await (const update of updates) of.take(update)
  } catch (thrown) {
    if (!stop.aborted && !isDisconnect(thrown)) of.failed(problemFrom(thrown))
  }
}
