// One self-contained page that explores a model from file:// without network: its script and style,
// the weights and some pictures in base64, and a content security policy that lets nothing else in.
// The script is apps/explorer, built.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { StudioError } from '../../preload/contract/errors.ts'
import type { PagePrecision } from '../../preload/contract/exports.ts'
import { encoderLayers } from '../../preload/contract/parameters.ts'
import { openDataset } from '../datasets/index.ts'
import type { BuiltExport } from './builtExport.ts'
import { cardSections } from './pageCard.ts'
import type { ExportedModel } from './exportedModel.ts'
import { createNetwork, sigmoid } from './network.ts'
import { blocks, fromHalf, toHalf, type PageData } from './pageData.ts'
import { signatureOf } from './signature.ts'

/** Bytes of weights at most, as they are embedded; base64 adds a third. */
export const largestPage = 48 * 2 ** 20
/**
 * An encoder of more bytes is left out: what the page does needs only its codes of the pictures.
 */
export const largestEncoder = 8 * 2 ** 20
const picturesPerClass = 10
const mostPictures = 120

interface Pictures {
  pixels: Uint8Array
  labels: number[]
  classes: string[]
}

/** Throws `bad-input` for an encoder alone and for more weights than a page should hold. */
export async function buildPage(
  model: ExportedModel,
  name: string,
  precision: PagePrecision,
): Promise<BuiltExport> {
  if (model.part === 'encoder')
    throw new StudioError(
      'bad-input',
      'html: expected a whole model or a decoder, found only an encoder. Choose the whole model or the decoder (--part).',
    )
  const each = precision === 'float16' ? 2 : 4
  const bytesOf = (part: string) =>
    Object.entries(model.parameters).reduce(
      (sum, [key, { values }]) => sum + (key.startsWith(`${part}.`) ? values.length * each : 0),
      0,
    )
  if (bytesOf('decoder') > largestPage)
    throw new StudioError(
      'bad-input',
      `html: expected at most ${largestPage / 2 ** 20} MiB of weights in a page, found ${(bytesOf('decoder') / 2 ** 20).toFixed(0)} MiB. ${precision === 'float32' ? 'Choose float16 (--precision), or another format.' : 'Choose another format.'}`,
      { bytes: bytesOf('decoder'), limit: largestPage },
    )
  const withEncoder = model.part === 'model' && bytesOf('encoder') <= largestEncoder
  const pictures = await picturesOf(model)
  const page = await assembled(model, precision, withEncoder, pictures)
  const notes = [
    ...(model.part === 'model' && !withEncoder
      ? [
          'The encoder is too large for a page, so drawings cannot be encoded; the sample images are already encoded.',
        ]
      : []),
    ...(precision === 'float16'
      ? [
          `Weights are rounded to float16. Pixels differ by at most ${roundingError(model).toExponential(1)} (64 prior samples).`,
        ]
      : []),
  ]
  return {
    files: [{ name, bytes: page }],
    ...signatureOf({ ...model, part: withEncoder ? 'model' : 'decoder' }),
    note: notes.join(' '),
  }
}

async function assembled(
  model: ExportedModel,
  precision: PagePrecision,
  withEncoder: boolean,
  pictures: Pictures,
): Promise<Uint8Array> {
  const { script, style } = await explorer()
  const kept = Object.entries(model.parameters).filter(
    ([key]) => key !== 'decoder.noise' && (withEncoder || key.startsWith('decoder.')),
  )
  const data: PageData = {
    name: model.source.run.name,
    about: `${model.config.network === 'conv' ? 'Convolutional' : 'Dense'} variational autoencoder, ${model.config.latentSize} latent dimension${model.config.latentSize === 1 ? '' : 's'}, ${model.source.dataset.title}, step ${model.source.step.toLocaleString('en')}`,
    image: { height: model.image.height, width: model.image.width, channels: model.image.channels },
    latentSize: model.config.latentSize,
    activation: model.config.activation,
    decoder: model.decoder,
    encoder: withEncoder ? model.encoder : [],
    precision,
    parameters: kept.map(([key, { values }]) => ({ name: key, count: values.length })),
    pictures: { count: pictures.labels.length, labels: pictures.labels, classes: pictures.classes },
    card: cardSections(model),
  }
  const weights = Buffer.concat(kept.map(([, { values }]) => packed(values, precision)))
  const codes = codesOf(model, pictures)
  const block = (id: string, type: string, content: string) =>
    `<script id="${id}" type="${type}">${content}</script>\n`
  return Buffer.concat([
    Buffer.from(head(data, script, style)),
    // "<" never stands in the JSON: a name with markup stays a text
    Buffer.from(
      block(blocks.data, 'application/json', JSON.stringify(data).replaceAll('<', '\\u003c')),
    ),
    Buffer.from(
      block(blocks.pictures, 'text/plain', Buffer.from(pictures.pixels).toString('base64')),
    ),
    Buffer.from(block(blocks.codes, 'text/plain', Buffer.from(codes.buffer).toString('base64'))),
    Buffer.from(block(blocks.weights, 'text/plain', weights.toString('base64'))),
    Buffer.from(`<script>${script}</script>\n</body>\n</html>\n`),
  ])
}

function head({ name, about }: PageData, script: string, style: string): string {
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
  const policy = [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escaped(name)}</title>
<meta name="description" content="${escaped(about)}">
<style>${style}</style>
</head>
<body>
<noscript>This page needs JavaScript to run the decoder. Turn JavaScript on.</noscript>
<div id="explorer"></div>
`
}

function escaped(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  return text.replace(/[&<>"']/g, (letter) => entities[letter]!)
}

function packed(values: Float32Array, precision: PagePrecision): Uint8Array {
  if (precision === 'float32')
    return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  return new Uint8Array(Uint16Array.from(values, toHalf).buffer)
}

/**
 * The first pictures of each class of the test split, class after class; none for images of another
 * size.
 */
async function picturesOf({ config, image, source }: ExportedModel): Promise<Pictures> {
  const none = { pixels: new Uint8Array(0), labels: [], classes: [] }
  const { info, split } = await openDataset(config.dataset).catch(
    (): { info: null; split: null } => ({
      info: null,
      split: null,
    }),
  )
  if (
    !info ||
    info.width !== image.width ||
    info.height !== image.height ||
    info.channels !== image.channels
  )
    return none
  const { images, labels, count } = split('test')
  const size = image.width * image.height * image.channels
  const indices = Array.from({ length: Math.min(count, 5000) }, (_, index) => index)
  const chosen = source.dataset.classes
    .flatMap((_, label) =>
      indices.filter((index) => labels[index] === label).slice(0, picturesPerClass),
    )
    .slice(0, mostPictures)
  const pixels = new Uint8Array(chosen.length * size)
  chosen.forEach((index, at) =>
    pixels.set(images.subarray(index * size, (index + 1) * size), at * size),
  )
  return { pixels, labels: chosen.map((index) => labels[index]!), classes: source.dataset.classes }
}

/** Posterior means of the pictures; a decoder alone has none. */
function codesOf(model: ExportedModel, { pixels, labels }: Pictures): Float32Array<ArrayBuffer> {
  if (model.part !== 'model') return new Float32Array(0)
  const Z = model.config.latentSize
  const encode = createNetwork(
    encoderLayers(model.config, model.image),
    (key) => model.parameters[key]!.values,
    model.config.activation,
  )
  const codes = new Float32Array(labels.length * Z)
  for (let at = 0; at < labels.length; at++) {
    const x = Float32Array.from(
      pixels.subarray(at * model.pixels, (at + 1) * model.pixels),
      (grey) => grey / 255,
    )
    codes.set(encode(x).subarray(0, Z), at * Z)
  }
  return codes
}

/** Largest difference of a pixel between the weights and their rounded ones, over 64 points. */
function roundingError({ decoder, parameters, config }: ExportedModel): number {
  const exact = createNetwork(decoder, (key) => parameters[key]!.values, config.activation)
  const rounded = createNetwork(
    decoder,
    (key) => parameters[key]!.values.map((value) => fromHalf(toHalf(value))),
    config.activation,
  )
  let worst = 0
  for (let point = 0; point < 64; point++) {
    // a fixed spread of points within +-3: additive recurrences of square roots fill the cube
    // evenly
    const z = Float64Array.from(
      { length: config.latentSize },
      (_, axis) => (((point + 1) * Math.sqrt(axis + 2)) % 1) * 6 - 3,
    )
    const a = sigmoid(exact(z))
    const b = sigmoid(rounded(z))
    for (let at = 0; at < a.length; at++) worst = Math.max(worst, Math.abs(a[at]! - b[at]!))
  }
  return worst
}

/** The page's script and style: built beside this file, or from their sources where those run. */
async function explorer(): Promise<{ script: string; style: string }> {
  if (!import.meta.filename.endsWith('.ts'))
    return JSON.parse(await readFile(join(import.meta.dirname, 'explorer.json'), 'utf8')) as never
  const folder = join(import.meta.dirname, '../../apps/explorer')
  const builder = pathToFileURL(join(folder, 'buildExplorer.ts')).href
  const { buildExplorer } = (await import(builder)) as {
    buildExplorer(here: string): Promise<{ script: string; style: string }>
  }
  return buildExplorer(folder)
}
