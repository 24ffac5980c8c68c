// The stored weights that can be asked for, in words: the last checkpoint, the best by validation,
// and every step.
import type { Checkpoint } from '../../../preload/contract/records.ts'
import { count, loss } from '../../format.ts'

/** In the address and in lists: "last", "best", or a step. */
export type CheckpointText = string

export interface CheckpointChoice {
  value: CheckpointText
  label: string
  step: number
}

/** Empty without a usable one. */
export function checkpointChoices(checkpoints: readonly Checkpoint[]): CheckpointChoice[] {
  const usable = checkpoints.filter((checkpoint) => checkpoint.usable)
  const whole = usable.filter(({ reason }) => reason !== 'frame')
  const last = whole.findLast(({ step }) => step > 0) ?? whole.at(-1)
  if (!last) return []
  const best = bestOf(usable)
  // of one step the checkpoint is named rather than the frame
  const frames = usable.filter(({ reason }) => reason === 'frame')
  const steps = [
    ...new Map([...frames, ...whole].map((checkpoint) => [checkpoint.step, checkpoint])).values(),
  ]
  steps.sort((a, b) => b.step - a.step)
  return [
    { value: 'last', label: `Last: step ${count(last.step)}${nats(last)}`, step: last.step },
    ...(best
      ? [{ value: 'best', label: `Best: step ${count(best.step)}${nats(best)}`, step: best.step }]
      : []),
    ...steps.map((each) => ({
      value: String(each.step),
      label: `Step ${count(each.step)}${nats(each)}, ${each.reason}`,
      step: each.step,
    })),
  ]
}

/** The choice of the step that is looked at; the last one while the newest step is shown. */
export function choiceAt(
  choices: readonly CheckpointChoice[],
  step: number | null,
): CheckpointText {
  return (step !== null && choices.find((choice) => choice.step === step)?.value) || 'last'
}

/** As a request takes it; what is neither a word nor a step is the last. */
export function checkpointOf(text: CheckpointText | undefined): 'last' | 'best' | number {
  if (text === 'best') return text
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : 'last'
}

// by validation among those that were kept for being the best, as the service chooses
function bestOf(usable: readonly Checkpoint[]): Checkpoint | undefined {
  const marked = usable.filter(
    ({ reason, step, validationTotal }) =>
      reason === 'best' && step > 0 && validationTotal !== null,
  )
  return marked.sort((a, b) => a.validationTotal! - b.validationTotal! || b.step - a.step)[0]
}

const nats = ({ validationTotal }: Checkpoint) =>
  validationTotal === null ? '' : `, ${loss(validationTotal)} nats`
