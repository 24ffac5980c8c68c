// The keys by the place where they work: the open tool's own first, then those of the view around
// it, then everywhere.
import type { Command } from './state/commands.svelte.ts'

/** Groups that are of no tool, in the order in which they follow the tool's. */
const around = ['Explore', 'Timeline', 'Run', 'Runs', 'Go to', 'Anywhere']

/** Commands that have keys, by group. */
export function byPlace(commands: readonly Command[]): [group: string, commands: Command[]][] {
  const groups = Map.groupBy(
    commands.filter((command) => (command.keys?.length ?? 0) > 0),
    (command) => command.group,
  )
  return [...groups].sort(([a], [b]) => around.indexOf(a) - around.indexOf(b))
}
