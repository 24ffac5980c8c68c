// How a run ended, in a few lines, and whether that is an error.
import { StudioError } from '../../preload/contract/errors.ts'
import { healthOf } from '../../preload/contract/health.ts'
import type { Loss, Run } from '../../preload/contract/records.ts'
import { count, nats, pairs, took } from './numbers.ts'
import { exitWith } from './outcome.ts'

export function summary(run: Run, dataFolder: string): string {
  const lines: [string, string][] = healthRows(run)
  if (run.lastValidation) lines.push(['validation', lossText(run.lastValidation)])
  if (run.bestValidation)
    lines.push([
      'best',
      `validation ${nats(run.bestValidation.total)} at step ${count(run.bestValidation.step)}`,
    ])
  if (run.last) lines.push(['train, last batch', lossText(run.last)])
  lines.push([
    'loss',
    `${run.config.likelihood}, ${run.config.binarisation} pixels${run.config.objective === 'tutorial' ? ", the tutorial's objective" : ''}; nats per image`,
  ])
  lines.push(['where', dataFolder])
  if (run.status === 'finished')
    lines.push(['next', `latent manifold ${run.id} --out manifold.png`])
  return `${headline(run)}\n${pairs(lines)}`
}

/**
 * What is wrong with a run's training and what to try; nothing for one that trained as it should.
 */
export function healthRows(run: Run): [string, string][] {
  const health = healthOf(run)
  return health
    ? [
        [health.kind, health.reason],
        ['what to try', health.remedy],
      ]
    : []
}

function headline(run: Run): string {
  const machine = run.backend ? ` on ${run.backend}, ${run.mode ?? 'eager'}` : ''
  const speed =
    run.trainSeconds > 0
      ? ` in ${took(run.trainSeconds)} (${count((run.step * run.config.batchSize) / run.trainSeconds)} images/s${machine})`
      : ''
  const reason = run.statusReason ? `: ${run.statusReason}` : ''
  return `Run ${run.id} "${run.name}" ${run.status}, ${count(run.step)} of ${count(run.totalSteps)} steps${speed}${run.status === 'finished' ? reason : ''}`
}

export function lossText(loss: Loss): string {
  return `reconstruction ${nats(loss.reconstruction)}  KL ${nats(loss.kl)}  total ${nats(loss.total)}`
}

/**
 * Throws for a run that diverged, failed or was interrupted; a stopped one exits with 130, as an
 * interrupted command does.
 */
export function runEnd(run: Run): void {
  const reason = (run.statusReason || 'no reason was recorded').replace(/\.+$/, '')
  const where = `Run ${run.id} ${run.status} at step ${count(run.step)}`
  if (run.status === 'diverged') throw new StudioError('diverged', `${where}: ${reason}.`)
  if (run.status === 'failed') throw new StudioError('host-failed', `${where}: ${reason}.`)
  if (run.status === 'interrupted')
    throw new StudioError(
      'host-failed',
      `${where}: ${reason}. Continue with: latent resume ${run.id}`,
    )
  if (run.status === 'stopped') exitWith(130, `${where}. Continue with: latent resume ${run.id}`)
}
