// A run's configuration in a few words: the shape of the network and what its loss is made of.
import type { Run } from '../../../preload/contract/records.ts'
import type { RunConfig } from '../../../preload/contract/runConfig.ts'
import { settings } from '../../../preload/contract/settings.ts'

/**
 * "784-100-50-2" without the image side, which the data decides: "100-50-2", "conv 32-64, 16-2".
 */
export function networkWords(config: RunConfig): string {
  const dense = [...config.encoderLayers, config.latentSize].join('-')
  return config.network === 'conv' ? `conv ${config.encoderFilters.join('-')}, ${dense}` : dense
}

/** "tutorial's loss", "negative ELBO, Bernoulli", with beta where it is not 1. */
export function lossWords(config: RunConfig): string {
  if (config.objective === 'tutorial') return "tutorial's loss"
  const likelihood = {
    bernoulli: 'Bernoulli',
    gaussian: 'Gaussian',
    'gaussian-learned': 'Gaussian, learned variance',
    squared: 'squared error',
  }[config.likelihood]
  return `negative ELBO, ${likelihood}${config.beta === 1 ? '' : `, beta ${config.beta}`}`
}

/**
 * Its weights were imported: it never trained, here or elsewhere, and has no history. A run that
 * trained keeps when it began.
 */
export function hasNoHistory({
  status,
  startedAt,
  last,
}: Pick<Run, 'status' | 'startedAt' | 'last'>): boolean {
  return status === 'finished' && startedAt === null && last === null
}

/** "100-50-2 softplus · tutorial's loss · mnist". */
export function configWords(config: RunConfig): string {
  return `${networkWords(config)} ${choiceLabel('activation', config.activation)} · ${lossWords(config)} · ${config.dataset}`
}

export function choiceLabel(key: keyof RunConfig, value: string): string {
  const setting = settings[key]
  return setting.kind === 'choice'
    ? (setting.choices.find((choice) => choice.value === value)?.label ?? value)
    : value
}
