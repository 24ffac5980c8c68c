// Settings that are allowed but rarely what somebody wants, each with what will probably happen and
// what to do. Warnings never stop a run. The limits come from training the presets on MNIST for
// some hundred steps, or follow from the settings.
import { stepsOf } from './estimate.ts'
import type { DatasetInfo } from './records.ts'
import type { RunConfig } from './runConfig.ts'
import { applies } from './runName.ts'
import { settings } from './settings.ts'

export interface ConfigWarning {
  key: keyof RunConfig
  message: string
}

type Images = DatasetInfo['images']
/** The first rule of a setting that says something counts. */
type Rule = [key: keyof RunConfig, warn: (config: RunConfig, images: Images) => string | false]

const adam = ({ optimizer }: RunConfig) => optimizer !== 'sgd'
const stepCount = (config: RunConfig, images: Images) => stepsOf(config, images.train).steps
const whole = (value: number) => value.toLocaleString('en-US')
const narrowest = (layers: readonly number[]) => Math.min(...layers)

const rules: readonly Rule[] = [
  // Adam, 1,500 steps: KL 0.000 at 0.1 and 0.3 (tutorial), divergence at 0.3 (elbo-2d) and at 1
  // (both)
  [
    'learningRate',
    (config) =>
      adam(config) &&
      config.learningRate >= 0.1 &&
      'At 0.1 or above, training usually diverges or collapses.',
  ],
  // Adam, 1,500 steps of elbo-2d: total 154 at 0.003, 166 at 0.03, 187 at 0.05
  [
    'learningRate',
    (config) =>
      adam(config) && config.learningRate > 0.01 && 'Above 0.01, the final loss is usually higher.',
  ],
  // Adam, 600 steps of tutorial: reconstruction 91 at 0.000001, from 94
  [
    'learningRate',
    (config) =>
      adam(config) &&
      config.learningRate < 1e-5 &&
      'Below 0.00001, training makes almost no progress.',
  ],
  // SGD with momentum 0.9, 400 steps of elbo-2d: fine at 0.001, diverged at 0.01
  [
    'learningRate',
    (config) =>
      !adam(config) &&
      config.learningRate >= 0.01 &&
      'With SGD, training often diverges at 0.01 or above.',
  ],
  // 600 steps of elbo-2d: KL 0.73 at 10, 0.05 at 20, 0.00 at 50
  [
    'beta',
    ({ beta }) =>
      beta >= 20 &&
      'At 20 or above, the latent space usually collapses: all images get the same code.',
  ],
  ['beta', ({ beta }) => beta > 8 && 'Above 8, images blur and latent dimensions may collapse.'],
  [
    'beta',
    ({ beta }) =>
      beta === 0 &&
      'At 0, nothing keeps codes near the prior, so its samples won’t look like the data.',
  ],
  [
    'latentSize',
    ({ latentSize }) =>
      latentSize === 1 && 'With 1, the latent space is a line. Use 2 to see a plane.',
  ],
  [
    'encoderLayers',
    ({ encoderLayers, latentSize }) =>
      narrowest(encoderLayers) < latentSize &&
      `A layer is smaller than the latent size (${latentSize}), so codes can hold less.`,
  ],
  [
    'decoderLayers',
    ({ decoderLayers, latentSize }) =>
      narrowest(decoderLayers) < latentSize &&
      `A layer is smaller than the latent size (${latentSize}), so codes can hold less.`,
  ],
  [
    'binarisation',
    ({ binarisation, likelihood }) =>
      binarisation === 'grey' &&
      likelihood === 'bernoulli' &&
      'Bernoulli is not a likelihood for grey values. Choose binary pixels.',
  ],
  [
    'betaWarmup',
    (config, images) =>
      config.betaWarmup > stepCount(config, images) &&
      'Longer than the run: beta never reaches its full value.',
  ],
  [
    'rateWarmup',
    (config, images) =>
      config.rateWarmup > stepCount(config, images) &&
      'Longer than the run: the rate never reaches its full value.',
  ],
  [
    'weightDecay',
    ({ weightDecay }) =>
      weightDecay > 1 && 'Above 1, weights shrink faster than most gradients move them.',
  ],
  // an epoch of fewer steps than this is coarser than the curves and frames that are kept of it
  [
    'batchSize',
    ({ batchSize }, images) =>
      batchSize > images.train / 50 &&
      batchSize <= images.train &&
      `Only ${whole(Math.floor(images.train / batchSize))} steps per epoch.`,
  ],
  [
    'length',
    (config, images) =>
      stepCount(config, images) < 200 &&
      `Only ${whole(stepCount(config, images))} steps: images will stay blurred.`,
  ],
  // a validation image goes through the network once, a training image about three times
  [
    'evaluateEvery',
    ({ evaluateEvery, batchSize }, images) =>
      evaluateEvery > 0 &&
      3 * evaluateEvery * batchSize < images.validation &&
      'Evaluations will take longer than the training between them.',
  ],
]

/** What to say about a valid configuration, at most one warning for each setting. */
export function configWarnings(config: RunConfig, images: DatasetInfo['images']): ConfigWarning[] {
  // an error, which says so itself; an epoch would have no step
  if (config.batchSize > images.train) return []
  const found = new Map<keyof RunConfig, string>()
  for (const [key, warn] of rules) {
    const message = applies(key, config) && !found.has(key) && warn(config, images)
    if (message) found.set(key, message)
  }
  return (Object.keys(settings) as (keyof RunConfig)[]).flatMap((key) => {
    const message = found.get(key)
    return message ? [{ key, message }] : []
  })
}
