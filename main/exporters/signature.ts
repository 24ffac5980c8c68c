// Inputs, outputs and properties of an exported model, in the same names and words in every format.
import type { ExportTensor } from '../../preload/contract/exports.ts'
import type { RunConfig } from '../../preload/contract/runConfig.ts'
import type { ExportedModel } from './exportedModel.ts'

export interface Signature {
  inputs: ExportTensor[]
  outputs: ExportTensor[]
}

/**
 * x [N, pixels] -> mu, logvar [N, latent]; z [N, latent] -> probabilities or means [N, pixels]; the
 * whole model reconstructs through mu.
 */
export function signatureOf({
  part,
  config,
  pixels,
}: Pick<ExportedModel, 'part' | 'config' | 'pixels'>): Signature {
  const tensor = (name: string, size: number, about: string): ExportTensor => ({
    name,
    shape: ['N', size],
    about,
  })
  const x = tensor('x', pixels, 'images, values from 0 to 1')
  const z = tensor('z', config.latentSize, 'points of the latent space')
  const codes = [
    tensor('mu', config.latentSize, 'mean of the posterior'),
    tensor('logvar', config.latentSize, 'natural logarithm of its variance'),
  ]
  const pixel = outputName(config)
  const what =
    pixel === 'probabilities' ? 'Bernoulli probability of each value' : 'mean of each value'
  if (part === 'encoder') return { inputs: [x], outputs: codes }
  if (part === 'decoder') return { inputs: [z], outputs: [tensor(pixel, pixels, what)] }
  return {
    inputs: [x],
    outputs: [...codes, tensor('reconstruction', pixels, `${what}, decoded from mu`)],
  }
}

/** What the decoder's output is called. */
export function outputName(config: Pick<RunConfig, 'likelihood'>): 'probabilities' | 'means' {
  return config.likelihood === 'bernoulli' ? 'probabilities' : 'means'
}

/** Everything that a program needs to feed the model and to read its answers, as text by name. */
export function propertiesOf(model: ExportedModel): Record<string, string> {
  const { config, image, source, part, parameters } = model
  const noise = parameters['decoder.noise']
  return {
    program: `Latent Studio ${source.programVersion}`,
    run: source.run.id,
    run_name: source.run.name,
    step: String(source.step),
    part,
    dataset: config.dataset,
    dataset_sha256: source.run.datasetHash,
    preprocessing:
      'x = grey / 255, float32 from 0 to 1; rows top to bottom, columns left to right, channels last, one image per row',
    image_shape: `${image.height},${image.width},${image.channels}`,
    image_order: 'height,width,channels',
    latent_size: String(config.latentSize),
    likelihood: config.likelihood,
    likelihood_text: likelihoodText(config),
    ...(config.likelihood === 'gaussian' ? { noise_variance: String(config.noiseVariance) } : {}),
    ...(noise ? { noise_variance: String(Math.exp(noise.values[0]!)) } : {}),
    binarisation: config.binarisation,
    activation: config.activation,
    posterior: 'normal with mean mu and variance exp(logvar) for each latent dimension',
    prior: 'standard normal',
  }
}

/** What the decoder's output stands for. */
export function likelihoodText(config: RunConfig): string {
  return {
    bernoulli: 'Bernoulli: the decoder gives the probability of each value',
    gaussian: `Gaussian with variance ${config.noiseVariance}: the decoder gives the mean of each value`,
    'gaussian-learned':
      'Gaussian with one learned variance: the decoder gives the mean of each value',
    squared:
      'squared error 0.5 * sum (f - x)^2 without a constant: the decoder gives the mean of each value',
  }[config.likelihood]
}

/** How grey values became what the loss compared with. */
export function binarisationText(config: RunConfig): string {
  return {
    grey: 'grey values, unchanged',
    dynamic: 'binary values sampled again for each batch; the grey value is the probability of 1',
    fixed: 'binary values sampled once; the grey value is the probability of 1',
    threshold: 'binary values, 1 where the grey value is at least one half',
  }[config.binarisation]
}
