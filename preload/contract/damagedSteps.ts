// How the command line and the pages name the steps whose metrics the database has lost.
import type { StepRange } from './records.ts'

const shown = 8

/** "The values of steps 1,025 to 2,048 are damaged and left out."; empty where nothing is damaged. */
export function damagedSteps(ranges: readonly StepRange[]): string {
  if (ranges.length === 0) return ''
  const named = ranges.slice(0, shown).map(({ firstStep, lastStep }) => {
    const first = firstStep.toLocaleString('en')
    return firstStep === lastStep ? first : `${first} to ${lastStep.toLocaleString('en')}`
  })
  const more = ranges.length > shown ? ` and ${ranges.length - shown} more ranges` : ''
  return `The values of steps ${named.join(', ')}${more} are damaged and left out. All other steps are intact.`
}
