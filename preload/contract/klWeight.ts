// What the KL of one image weighs beside its reconstruction in the objective, by step.
import type { RunConfig } from './runConfig.ts'

type WeightConfig = Pick<RunConfig, 'objective' | 'batchSize' | 'beta' | 'betaWarmup'>

/** Beta at step t: it rises in a straight line over the warm-up. */
export function betaAt(config: Pick<WeightConfig, 'beta' | 'betaWarmup'>, t: number): number {
  return config.betaWarmup > 0 ? config.beta * Math.min(1, t / config.betaWarmup) : config.beta
}

/**
 * What one image's KL weighs beside its reconstruction in the objective of step t. The tutorial's
 * loss sums the reconstructions of a batch and adds the mean KL. Free bits are left out: they are
 * about the means of a batch.
 */
export function klWeightAt(config: WeightConfig, t: number): number {
  return config.objective === 'tutorial' ? 1 / config.batchSize : betaAt(config, t)
}
