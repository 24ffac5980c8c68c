// THE HEART: one training run, from its first step to its last, to be read from top to bottom. It
// owns no process, no file and no clock: `surroundings` tell it the time, keep what it makes, and
// let people in between two chunks.
import type { CheckpointReason, Validation } from '../../preload/contract/records.ts'
import type { ChunkLength } from './chunks.ts'
import type { TrainingPlan } from './plan.ts'
import type { TrainingProgram } from './trainingProgram.ts'

export interface Surroundings {
  /** Milliseconds, rising. */
  now(): number
  /** Serves controls and live requests; waits while paused. */
  turn(step: number): Promise<'go on' | 'stop'>
  /** rows: count x [reconstruction, kl, objective]. */
  metrics(firstStep: number, rows: Float32Array, milliseconds: number): void
  validate(step: number): Promise<Validation>
  validated(validation: Validation, best: boolean): void
  frame(step: number): void
  /** Keeps the program's present state. Awaited only where the loop ends. */
  checkpoint(step: number, reason: CheckpointReason, validationTotal: number | null): Promise<void>
  /** True when so much time has passed since the last checkpoint that a new one is due. */
  checkpointDue(): boolean
}

/** What an exact resume needs besides weights, slots and step. */
export interface Progress {
  step: number
  bestTotal: number | null
  bestStep: number
  evaluationsSinceBest: number
  /** Total of the newest evaluation, when it was made at `step`. */
  lastTotal: number | null
}

export type Outcome = { outcome: 'finished' | 'stopped' | 'diverged'; step: number; reason: string }

export const freshProgress = (): Progress => ({
  step: 0,
  bestTotal: null,
  bestStep: 0,
  evaluationsSinceBest: 0,
  lastTotal: null,
})

/**
 * Trains until the plan ends, a person stops it, validation stops improving, or a loss is no longer
 * a number.
 */
export async function train(
  plan: TrainingPlan,
  program: TrainingProgram,
  progress: Progress,
  chunk: ChunkLength,
  surroundings: Surroundings,
): Promise<Outcome> {
  const { patience } = plan.config
  const keep = (reason: CheckpointReason) =>
    surroundings.checkpoint(progress.step, reason, progress.lastTotal)

  if (progress.step === 0) {
    void keep('start') // a run that diverges at once still has a state to go back to
    if (plan.frameSteps[0] === 0) surroundings.frame(0)
  }

  while (progress.step < plan.totalSteps) {
    if ((await surroundings.turn(progress.step)) === 'stop') {
      await keep('stop')
      return { outcome: 'stopped', step: progress.step, reason: '' }
    }

    // A chunk: as many steps as the time for one allows, but never past a step that is looked at.
    const first = progress.step + 1
    const count = Math.min(chunk.next(), nextStop(plan, progress.step) - progress.step)
    const before = surroundings.now()
    const rows = program.run(first, count)
    const milliseconds = surroundings.now() - before
    chunk.took(count, milliseconds)

    const bad = firstNonFinite(rows)
    if (bad) {
      surroundings.metrics(first, rows.subarray(0, 3 * bad.row), milliseconds)
      return diverged(first + bad.row, bad.term, bad.value, first + bad.row - 1)
    }
    progress.step += count
    progress.lastTotal = null
    surroundings.metrics(first, rows, milliseconds)

    if (plan.frameSteps.includes(progress.step)) surroundings.frame(progress.step)

    if (isEvaluated(plan, progress.step)) {
      const validation = await surroundings.validate(progress.step)
      // the last update can spoil weights whose own losses were still numbers: such a state is
      // never kept
      if (!Number.isFinite(validation.total))
        return diverged(progress.step, 'The validation loss', validation.total, progress.step)
      const best = progress.bestTotal === null || validation.total < progress.bestTotal
      progress.lastTotal = validation.total
      progress.evaluationsSinceBest = best ? 0 : progress.evaluationsSinceBest + 1
      if (best) {
        progress.bestTotal = validation.total
        progress.bestStep = progress.step
      }
      surroundings.validated(validation, best)
      if (best) void keep('best')
      if (patience > 0 && progress.evaluationsSinceBest >= patience) {
        await keep('end')
        return {
          outcome: 'finished',
          step: progress.step,
          reason: `Validation did not improve for ${patience} evaluations; best ${progress.bestTotal!.toFixed(2)} nats at step ${progress.bestStep.toLocaleString('en')}.`,
        }
      }
    }
    if (surroundings.checkpointDue() && progress.step < plan.totalSteps) void keep('interval')
  }

  await keep('end')
  return { outcome: 'finished', step: progress.step, reason: '' }
}

// lastStep: the last one whose losses are kept.
function diverged(step: number, term: string, value: number, lastStep: number): Outcome {
  const reason = `${term} became ${value} at step ${step.toLocaleString('en')}. Start a new run with a lower learning rate. The last checkpoint before that step is kept.`
  return { outcome: 'diverged', step: lastStep, reason }
}

function isEvaluated(plan: TrainingPlan, step: number): boolean {
  return step % plan.evaluateEvery === 0 || step === plan.totalSteps
}

// The next step after `step` at which something other than training happens.
function nextStop(plan: TrainingPlan, step: number): number {
  const frame = plan.frameSteps.find((at) => at > step) ?? plan.totalSteps
  const evaluation = (Math.floor(step / plan.evaluateEvery) + 1) * plan.evaluateEvery
  return Math.min(frame, evaluation, plan.totalSteps)
}

function firstNonFinite(rows: Float32Array): { row: number; term: string; value: number } | null {
  const at = rows.findIndex((value) => !Number.isFinite(value))
  return at < 0
    ? null
    : {
        row: Math.floor(at / 3),
        term: ['The reconstruction', 'KL', 'The objective'][at % 3]!,
        value: rows[at]!,
      }
}
