// How the command line and the pages name the steps whose metrics the database has lost.
import type { StepRange } from './records.ts'

const shown = 8

/** "The values of steps 1,025 to 2,048 are damaged."; empty where nothing is damaged. */
export function damagedSteps(ranges: readonly StepRange[]): string {
  if (ranges.length === 0) return ''
  const joined = joinNeighbours(ranges)
  const one = joined.length === 1 && joined[0]!.firstStep === joined[0]!.lastStep
  const named = joined.slice(0, shown).map(({ firstStep, lastStep }) => {
    const first = firstStep.toLocaleString('en')
    return firstStep === lastStep ? first : `${first} to ${lastStep.toLocaleString('en')}`
  })
  const more = joined.length > shown ? ` and ${joined.length - shown} more ranges` : ''
  return `The values of ${one ? 'step' : 'steps'} ${named.join(', ')}${more} are damaged. All other steps are intact.`
}

// a long series is read in pieces, and a damaged block may lie across two of them
function joinNeighbours(ranges: readonly StepRange[]): StepRange[] {
  const joined: StepRange[] = []
  for (const range of ranges) {
    const before = joined.at(-1)
    if (before && range.firstStep <= before.lastStep + 1)
      joined[joined.length - 1] = { ...before, lastStep: Math.max(before.lastStep, range.lastStep) }
    else joined.push(range)
  }
  return joined
}
