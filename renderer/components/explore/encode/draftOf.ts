// One draft for each run, for as long as the program is open.
import { Draft } from './drafts.svelte.ts'

const kept = new Map<string, Draft>()

export function draftOf(run: string): Draft {
  const found = kept.get(run) ?? new Draft()
  kept.set(run, found)
  return found
}
