// Runs by id.
import type { RunSummary } from '../../preload/contract/records.ts'
import { withEntry, withoutKey } from './replacedMap.ts'

export type RunMap = ReadonlyMap<string, RunSummary>

export function keyed(runs: readonly RunSummary[]): RunMap {
  return new Map(runs.map((run) => [run.id, run]))
}

/** The map with this run in it, or without it where it does not belong. */
export function withRun(map: RunMap, run: RunSummary, belongs: boolean): RunMap {
  return belongs ? withEntry(map, run.id, run) : withoutRun(map, run.id)
}

export function withoutRun(map: RunMap, id: string): RunMap {
  return withoutKey(map, id)
}
