// Runs by id in a map that is replaced, never changed: whoever holds one keeps what it had.
import type { RunSummary } from '../../preload/contract/records.ts'

export type RunMap = ReadonlyMap<string, RunSummary>

export function keyed(runs: readonly RunSummary[]): RunMap {
  return new Map(runs.map((run) => [run.id, run]))
}

/** The map with this run in it, or without it where it does not belong. */
export function withRun(map: RunMap, run: RunSummary, belongs: boolean): RunMap {
  return belongs ? new Map(map).set(run.id, run) : withoutRun(map, run.id)
}

export function withoutRun(map: RunMap, id: string): RunMap {
  if (!map.has(id)) return map
  const rest = new Map(map)
  rest.delete(id)
  return rest
}
