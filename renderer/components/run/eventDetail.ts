// What an event of a run says beyond its kind and its step, which the list of events names already.
import type { RunEvent } from '../../../preload/contract/records.ts'

const opening = /^(?:(\w+) at|Went on from|Continued from) step ([\d,]+)(?:\. ?|: |$)/

/**
 * "Stopped at step 300: closed." of a run stopped at step 300 -> "closed."; a text that says
 * something else stays whole.
 */
export function eventDetail({
  kind,
  step,
  text,
}: Pick<RunEvent, 'kind' | 'step' | 'text'>): string {
  const found = opening.exec(text)
  if (!found || Number(found[2]!.replaceAll(',', '')) !== step) return text
  const said = found[1]?.toLowerCase() ?? 'resumed'
  return said === kind ? text.slice(found[0].length) : text
}
