// The model card that goes with each export: what the model is, on which data and under which
// licence, its numbers in nats, its settings, and how to load it. A run's name is a person's text:
// markup in it is shown, never obeyed.
import { isLikelihood } from '../../preload/contract/likelihood.ts'
import type { ExportFormat } from '../../preload/contract/exports.ts'
import type { RunConfig } from '../../preload/contract/runConfig.ts'
import { settings } from '../../preload/contract/settings.ts'
import type { ExportedModel } from './exportedModel.ts'
import { usage } from './usage.ts'
import { binarisationText, likelihoodText, signatureOf } from './signature.ts'

/** MODEL_CARD.md. `main` is the name of the file or folder that is loaded. */
export function modelCard(model: ExportedModel, format: ExportFormat, main: string): string {
  const { source, config, part, encoder, decoder } = model
  const what =
    part === 'model' ? 'Variational autoencoder' : `The ${part} of a variational autoencoder`
  const sections = [
    `# ${plain(source.run.name)}`,
    `${what}, trained with Latent Studio ${plain(source.programVersion)}. Checkpoint at step ${source.step} of ${source.run.totalSteps}, run \`${source.run.id}\`.`,
    section('Data', dataLines(model)),
    section('Loss', lossLines(config)),
    section('Results', numberLines(model)),
    section('Inputs and outputs', tensorLines(model)),
    section(
      'Layers',
      [...encoder, ...decoder].map(
        (layer) =>
          `${layer.name}: ${layer.kind}, ${layer.from.join(' x ')} to ${layer.to.join(' x ')}${layer.activated ? `, ${config.activation}` : ''}`,
      ),
    ),
    `## How to load it\n\n${usage(model, format, main)}`,
    section('Settings', settingLines(config)),
    section('Training', trainingLines(model)),
  ]
  return `${sections.join('\n\n')}\n`
}

function section(title: string, lines: string[]): string {
  return `## ${title}\n\n${lines.map((line) => `- ${line}`).join('\n')}`
}

function dataLines({ source, config, image }: ExportedModel): string[] {
  const { dataset } = source
  return [
    `${plain(dataset.title)} (\`${config.dataset}\`): ${image.height} x ${image.width} pixels, ${image.channels === 1 ? 'grey' : `${image.channels} channels`}`,
    `trained on ${dataset.images.train} images; ${dataset.images.validation} held out for validation, ${dataset.images.test} for test`,
    `licence of the data: ${plain(dataset.licence)}`,
    `source: ${plain(dataset.source)}`,
    `sha256 of the training data: \`${source.run.datasetHash}\``,
  ]
}

function lossLines(config: RunConfig): string[] {
  const objective =
    config.objective === 'tutorial'
      ? 'objective: squared error summed over the batch plus the mean KL of the batch, so KL counts 1/batch as much as in the ELBO; this is not an ELBO'
      : `objective: negative ELBO, mean over images${config.beta === 1 ? '' : `, with KL weighted by ${config.beta}; this is not a bound`}`
  const caution =
    config.likelihood === 'bernoulli' && config.binarisation === 'grey'
      ? [
          'cross-entropy on grey values is not a likelihood: do not compare it with values for binary targets',
        ]
      : []
  return [
    objective,
    `likelihood: ${likelihoodText(config)}`,
    `target: ${binarisationText(config)}`,
    ...caution,
  ]
}

function numberLines({ source, config }: ExportedModel): string[] {
  const { validation } = source
  if (!validation)
    return [
      `no evaluation is stored for step ${source.step}; run \`latent evaluate ${source.run.id} --checkpoint ${source.step}\``,
    ]
  const nats = (value: number) => `${value.toFixed(2)} nats per image`
  const bound = isLikelihood(config)
  return [
    `validation split, step ${validation.step}, one sample of z per image`,
    `reconstruction: ${nats(validation.reconstruction)}`,
    `KL: ${nats(validation.kl)} (by dimension: ${validation.klPerDimension.map((value) => value.toFixed(3)).join(', ')})`,
    `sum: ${nats(validation.total)}${bound ? ' (negative ELBO)' : ' (not a negative ELBO of the data)'}`,
  ]
}

function tensorLines(model: ExportedModel): string[] {
  const { inputs, outputs } = signatureOf(model)
  const line =
    (kind: string) =>
    ({ name, shape, about }: (typeof inputs)[number]) =>
      `${kind} \`${name}\` [${shape.join(', ')}] float32: ${about}`
  return [
    ...inputs.map(line('input')),
    ...outputs.map(line('output')),
    'an image is a row of grey / 255: rows top to bottom, columns left to right, channels last',
  ]
}

function settingLines(config: RunConfig): string[] {
  const applies = (key: keyof RunConfig) => {
    const { when } = settings[key]
    return !when || when.is.includes(String(config[when.key]))
  }
  return (Object.keys(settings) as (keyof RunConfig)[]).filter(applies).map((key) => {
    const value = config[key]
    return `${settings[key].label} (\`${key}\`): ${Array.isArray(value) ? value.join(', ') || 'none' : plain(String(value))}`
  })
}

function trainingLines({ source }: ExportedModel): string[] {
  const { run } = source
  return [
    `backend: ${run.backend ?? 'unknown'}, ${plain(run.backendVersion)}`,
    `mode: ${run.mode ?? 'unknown'}, ${run.threads ?? 'unknown'} threads`,
    `created: ${new Date(run.createdAt).toISOString()}`,
  ]
}

/** A person's text as Markdown that shows it: no markup, no HTML, one line. */
export function plain(text: string): string {
  return text
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/[\\`*_{}[\]()#+!|~]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}
