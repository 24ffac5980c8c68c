// Whether a run's training went wrong although its losses are numbers: it diverges, or its
// posterior collapsed. Read from the run's record alone, so that the command line and all pages say
// the same. Losses in nats per image.
import { klWeightAt } from './klWeight.ts'
import type { Loss, Run, Validation } from './records.ts'

export interface Health {
  kind: 'diverging' | 'collapsed'
  /** What it is and how it shows, in one or two sentences. */
  reason: string
  /** What to try. */
  remedy: string
}

/**
 * A KL that weighs more than this in the objective, per latent dimension, is an explosion: 15 nats
 * are a posterior mean 5.5 standard deviations of the prior away from it, or a standard deviation
 * of 3e-7. Trained models have less than 8.
 */
const explodedKl = 15
/**
 * No dimension is active, but each costs this much: the encoder is broken rather than switched off.
 */
const wastedKl = 1
/**
 * A KL below this is that of an unused dimension: its means vary by less than 0.02, since KL >=
 * mean^2 / 2.
 */
const unusedKl = 0.01
/**
 * Dimensions whose posterior mean varies over the data by more than this are in use (Burda et al.
 * 2016, section 5).
 */
export const activeVariance = 0.01
/**
 * Steps after the warm-ups before an unused latent counts as collapsed: at first every model
 * ignores it. At the usual rate the presets leave that plateau within 200 steps; a lower rate takes
 * longer in proportion.
 */
const plateauSteps = 500
const usualRate = 1e-3
/** An objective so many nats above its best, and more than twice it, is no fluctuation. */
const leastRise = 20

type Judged = Pick<
  Run,
  'config' | 'status' | 'statusReason' | 'step' | 'last' | 'lastValidation' | 'bestValidation'
>

/**
 * What is wrong with a run's training; null for one that trains, or trained, as it should, or has
 * not been measured.
 */
export function healthOf(run: Judged): Health | null {
  return divergence(run) ?? collapse(run)
}

function divergence(run: Judged): Health | null {
  const { config, status, statusReason, step, last, lastValidation } = run
  const fault = (reason: string): Health => ({ kind: 'diverging', reason, remedy: lowerRate(run) })
  // the reason of such a run ends with advice of its own
  if (status === 'diverged') return fault(`${statusReason.split('. ')[0] || 'A loss became NaN'}.`)
  // one measurement may be a spike: validation and the newest batch have to agree
  const measured = [lastValidation, last].filter((loss) => loss !== null)
  const shown = measured[0]
  if (!shown) return null
  const at = lastValidation?.step ?? step
  const on = lastValidation ? 'validation' : 'the newest batch'
  if (measured.every(({ total }) => !Number.isFinite(total)))
    return fault(`The loss is ${shown.total} on ${on} at step ${whole(at)}.`)
  // a batch early in training proves nothing: the tutorial's KL peaks at 35 nats around step 40 and
  // then settles at 7
  if (!lastValidation) return null
  const weight = klWeightAt(config, step)
  const klAbove = (limit: number) =>
    measured.every((loss) => weight * loss.kl > limit * config.latentSize)
  if (klAbove(explodedKl))
    return fault(
      `The KL is ${whole(shown.kl)} nats on ${on} at step ${whole(at)}: codes are far from the prior, so samples from the prior do not look like the data.`,
    )
  if (klAbove(wastedKl) && lastValidation.activeUnits === 0 && isPastPlateau(run))
    return fault(
      `No latent dimension is active on validation at step ${whole(at)}, but the KL is ${decimal(shown.kl)} nats: the encoder no longer depends on the image.`,
    )
  const best = run.bestValidation
  const objective = (loss: Loss) => loss.reconstruction + weight * loss.kl
  if (!best || !last || best.step >= lastValidation.step) return null
  const limit = objective(best) + Math.max(Math.abs(objective(best)), leastRise)
  if (measured.every((loss) => objective(loss) > limit))
    return fault(
      `The validation loss rose from ${decimal(best.total)} nats at step ${whole(best.step)} to ${decimal(lastValidation.total)} nats at step ${whole(at)}.`,
    )
  return null
}

function collapse(run: Judged): Health | null {
  const { config, step, last, lastValidation } = run
  if (!lastValidation || !isPastPlateau(run) || activeDimensions(lastValidation) > 0) return null
  // the newest batch shows whether a model in training has just begun to use its latent
  if (
    step > lastValidation.step &&
    last &&
    last.kl > 2 * lastValidation.kl + unusedKl * config.latentSize
  )
    return null
  return {
    kind: 'collapsed',
    reason: `No latent dimension is active on validation at step ${whole(lastValidation.step)} (KL ${small(lastValidation.kl)} nats): every image has nearly the same code, and every point decodes to nearly the same image.`,
    remedy: strongerLatent(config),
  }
}

function isPastPlateau({ config, lastValidation }: Judged): boolean {
  const past = (lastValidation?.step ?? 0) - Math.max(config.betaWarmup, config.rateWarmup)
  return past >= plateauSteps * Math.max(1, usualRate / config.learningRate)
}

/**
 * How many dimensions tell images apart; where the record does not say, those whose KL is that of
 * one in use.
 */
export function activeDimensions({ activeUnits, klPerDimension }: Validation): number {
  return activeUnits ?? klPerDimension.filter((kl) => kl >= unusedKl).length
}

function lowerRate({ config }: Judged): string {
  const usual =
    config.optimizer === 'sgd'
      ? ''
      : config.learningRate > usualRate
        ? '; 0.001 is usual for Adam'
        : ''
  return `Start a new run with a lower learning rate (now ${config.learningRate}${usual}) or with a rate warm-up.`
}

function strongerLatent({ objective, beta, learningRate }: Judged['config']): string {
  const rate = `a lower learning rate (now ${learningRate}; 0.001 is usual)`
  if (objective === 'tutorial' || (beta <= 1 && learningRate > 10 * usualRate))
    return `Start a new run with ${rate}.`
  const lower = beta > 1 ? `a lower beta (now ${beta}; 1 is the ELBO)` : `a beta below ${beta}`
  return `Start a new run with ${lower}, a beta warm-up from 0, or free bits.`
}

const whole = (value: number) => Math.round(value).toLocaleString('en-US')
const decimal = (value: number) =>
  value.toLocaleString('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 })
// 0.0000955 -> "0.0001", 0.547 -> "0.547"
const small = (value: number) =>
  Math.abs(value) < 0.00005 ? 'below 0.0001' : String(Number(value.toFixed(4)))
