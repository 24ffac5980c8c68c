// What a run's numbers are of: the likelihood of its pixels, and whether reconstruction + KL is a
// negative ELBO. Numbers of two kinds are never compared.
import type { RunConfig } from './runConfig.ts'

type Scored = Pick<RunConfig, 'likelihood' | 'binarisation'>

const targets: Record<RunConfig['binarisation'], string> = {
  grey: 'grey values',
  dynamic: 'pixels binarised at random',
  fixed: 'pixels binarised once',
  threshold: 'pixels binarised at one half',
}

/** "Bernoulli, pixels binarised at random": the likelihood, and what it explains. */
export function likelihoodName(config: Scored & Pick<RunConfig, 'noiseVariance'>): string {
  const names: Record<RunConfig['likelihood'], string> = {
    bernoulli: 'Bernoulli',
    gaussian: `Gaussian (variance ${config.noiseVariance})`,
    'gaussian-learned': 'Gaussian (learned variance)',
    squared: 'squared error',
  }
  return `${names[config.likelihood]}, ${targets[config.binarisation]}`
}

/**
 * Whether the reconstruction term is the log-likelihood of the pixels. A squared error without its
 * constant and a cross-entropy on grey values are not, so their sum with KL is no ELBO.
 */
export function isLikelihood({ likelihood, binarisation }: Scored): boolean {
  return likelihood !== 'squared' && !(likelihood === 'bernoulli' && binarisation === 'grey')
}

/** What the sum of reconstruction and KL is called. */
export function lossName(config: Scored): string {
  return isLikelihood(config) ? 'negative ELBO' : 'reconstruction + KL'
}
