// Jobs in words: how far one is, what came of it, how it ended.
import type { ExportReport } from '../../../preload/contract/exports.ts'
import type { Job, JobResult, JobStatus } from '../../../preload/contract/jobs.ts'
import type { Evaluation, Progress } from '../../../preload/contract/records.ts'
import { bytes, count, duration, nats, percent } from '../../format.ts'
import type { IconName } from '../Icon.svelte'

export const jobSigns: Record<JobStatus, { icon: IconName; tone: string; word: string }> = {
  running: { icon: 'play', tone: '--accent', word: 'running' },
  done: { icon: 'check', tone: '--good', word: 'done' },
  failed: { icon: 'warning', tone: '--bad', word: 'failed' },
  cancelled: { icon: 'cross', tone: '--muted', word: 'cancelled' },
  interrupted: { icon: 'bolt', tone: '--warn', word: 'interrupted' },
}

/**
 * "Reading the run: 3.2 MB of 14.2 MB, 22 %, 4.0 s left"; only the stage where nothing can be
 * counted.
 */
export function progressWords(progress: Progress | null, secondsLeft: number | null): string {
  if (!progress) return 'Starting'
  const { stage, done, total, unit } = progress
  if (total <= 0) return stage
  const amount = (value: number) => (unit === 'bytes' ? bytes(value) : count(value))
  const left = secondsLeft === null ? '' : `, ${duration(secondsLeft)} left`
  return `${stage}: ${amount(done)} of ${amount(total)}${unit && unit !== 'bytes' ? ` ${unit}` : ''}, ${percent(done, total)}${left}`
}

/** "model.onnx and its model card": how many bytes in how many files. */
export function filesWords({ files, bytes: size }: Pick<ExportReport, 'files' | 'bytes'>): string {
  return files.length === 1 ? bytes(size) : `${bytes(size)} in ${files.length} files`
}

/** What came of a job, in a line. */
export function resultWords(result: JobResult): string {
  switch (result.kind) {
    case 'export':
      return `${filesWords(result.report)}, step ${count(result.report.step)}`
    case 'import':
      return `Imported as a run${damagedWords(result.damaged)}.`
    case 'evaluate':
      return evaluationWords(result.evaluation)
    case 'runtime':
      return `${result.version}, ${bytes(result.bytes)}`
  }
}

/** "; 2 damaged checkpoints were skipped (steps 100, 2,000)", empty without any. */
export function damagedWords(damaged: readonly { step: number }[] = []): string {
  if (damaged.length === 0) return ''
  const [first, ...more] = damaged.map(({ step }) => count(step))
  if (more.length === 0) return `; the damaged checkpoint of step ${first} was skipped`
  return `; ${damaged.length} damaged checkpoints were skipped (steps ${[first, ...more].join(', ')})`
}

/** "102.4 nats per image (bernoulli), 10,000 test images, step 5,000". */
function evaluationWords({ negativeElbo, likelihood, images, split, step }: Evaluation): string {
  return `${nats(negativeElbo)} per image (${likelihood}), ${count(images)} ${split} images, step ${count(step)}`
}

/** How a job ended, in a sentence to be read aloud. */
export function endWords({ title, status, result, error }: Job): string {
  if (status === 'done') return `${title}: done. ${result ? resultWords(result) : ''}`.trim()
  if (status === 'failed') return `${title} failed. ${error?.message ?? ''}`.trim()
  return `${title} was ${status}.`
}

/** Explains an end that nobody asked for. */
export const interruptedWords =
  'Latent Studio was closed during this job. No partial files remain. Start the job again.'
