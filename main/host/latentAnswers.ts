// Latent requests answered with a model at hand: the same code for a trainer's live weights and a
// viewer's stored ones.
import { StudioError } from '../../preload/contract/errors.ts'
import type { Dataset } from '../datasets/index.ts'
import { greyBytes, greyFloats } from '../engine/grey.ts'
import {
  decodePoints,
  encodeImages,
  gridAxes,
  gridPoints,
  priorPoints,
} from '../engine/latentQueries.ts'
import type { VariationalAutoencoder } from '../engine/model.ts'
import type { LatentAnswer, LatentRequest } from './protocol.ts'

export function answer(
  request: LatentRequest,
  model: VariationalAutoencoder,
  step: number,
  dataset: Dataset,
): LatentAnswer {
  const { height, width, channels } = model.image
  const latentSize = model.config.latentSize
  const frame = { step, width, height, channels, latentSize, labels: [] as number[] }
  switch (request.kind) {
    case 'decode':
      return {
        ...frame,
        count: request.count,
        bytes: pixelBytes(decodePoints(model, request.z, request.count), request.as),
      }
    case 'manifold':
      return { ...frame, ...manifold(request, model) }
    case 'sample': {
      const points = priorPoints(request.seed, request.count, latentSize)
      const z = Array.from({ length: request.count }, (_, i) => [
        ...points.subarray(i * latentSize, (i + 1) * latentSize),
      ])
      return {
        ...frame,
        count: request.count,
        bytes: pixelBytes(decodePoints(model, points, request.count), request.as),
        z,
      }
    }
    case 'encode':
      return { ...frame, ...encode(request.images, model, dataset) }
    case 'reconstruct':
      return { ...frame, ...reconstruct(request, model, dataset) }
  }
}

function manifold(
  request: Extract<LatentRequest, { kind: 'manifold' }>,
  model: VariationalAutoencoder,
): Pick<LatentAnswer, 'count' | 'bytes' | 'rows' | 'columns'> {
  const { latentSize } = model.config
  const { directions, dimensions } = request
  const spans = directions
    ? { directions }
    : { dimensions: latentSize === 1 ? ([0, 0] as [number, number]) : dimensions }
  const axes = gridAxes(request.grid, request.spacing)
  const rows = axes.rows.slice(request.firstRow, request.firstRow + request.rows)
  const count = rows.length * request.grid
  const points = gridPoints({ columns: axes.columns, rows, spans, at: request.at }, latentSize)
  return {
    count,
    bytes: greyBytes(decodePoints(model, points, count)),
    rows,
    columns: axes.columns,
  }
}

function encode(
  images: Extract<LatentRequest, { kind: 'encode' }>['images'],
  model: VariationalAutoencoder,
  dataset: Dataset,
): Pick<LatentAnswer, 'count' | 'bytes' | 'labels'> {
  const D = model.image.height * model.image.width * model.image.channels
  if (images.kind === 'split') {
    const split = dataset.split(images.split)
    const first = Math.min(images.first, split.count)
    const count = Math.min(images.count, split.count - first)
    const x = greyFloats(split.images.subarray(first * D, (first + count) * D))
    return {
      count,
      bytes: bytesOf(encodeImages(model, x, count)),
      labels: [...split.labels.subarray(first, first + count)],
    }
  }
  const valueBytes = images.as === 'uint8' ? 1 : 4
  if (images.pixels.length !== images.count * D * valueBytes)
    throw new StudioError(
      'bad-input',
      `Expected ${images.count} images of ${D} values (${images.count * D * valueBytes} bytes of ${images.as}), found ${images.pixels.length} bytes. Scale images to ${model.image.width} x ${model.image.height}.`,
    )
  const x =
    images.as === 'uint8'
      ? greyFloats(images.pixels)
      : new Float32Array(images.pixels.slice().buffer)
  if (x.some((value) => !(value >= 0 && value <= 1)))
    throw new StudioError(
      'bad-input',
      'Expected pixel values from 0 to 1, found one outside (or not a number). Divide grey values by 255 first.',
    )
  return { count: images.count, bytes: bytesOf(encodeImages(model, x, images.count)), labels: [] }
}

// Originals, then their reconstructions through the posterior mean: 2N images.
function reconstruct(
  request: Extract<LatentRequest, { kind: 'reconstruct' }>,
  model: VariationalAutoencoder,
  dataset: Dataset,
): Pick<LatentAnswer, 'count' | 'bytes' | 'labels'> {
  const split = dataset.split(request.split)
  const missing = request.indices.find((index) => index >= split.count)
  if (missing !== undefined)
    throw new StudioError(
      'bad-input',
      `Expected image numbers below ${split.count} (the ${request.split} split), found ${missing}.`,
    )
  const originals = imagesAt(
    split.images,
    request.indices,
    model.image.height * model.image.width * model.image.channels,
  )
  const means = posteriorMeans(model, originals, request.indices.length)
  return {
    count: 2 * request.indices.length,
    bytes: concatenated(originals, greyBytes(decodePoints(model, means, request.indices.length))),
    labels: request.indices.flatMap((index) => split.labels[index] ?? []),
  }
}

/** count grey images -> their posterior means, count x Z. */
export function posteriorMeans(
  model: VariationalAutoencoder,
  originals: Uint8Array,
  count: number,
): Float32Array {
  const Z = model.config.latentSize
  const codes = encodeImages(model, greyFloats(originals), count) // count x [mean | log variance]
  const means = new Float32Array(count * Z)
  for (let i = 0; i < count; i++) means.set(codes.subarray(i * 2 * Z, i * 2 * Z + Z), i * Z)
  return means
}

export function imagesAt(images: Uint8Array, indices: number[], D: number): Uint8Array {
  const picked = new Uint8Array(indices.length * D)
  indices.forEach((index, position) =>
    picked.set(images.subarray(index * D, (index + 1) * D), position * D),
  )
  return picked
}

export function concatenated(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

const bytesOf = (values: Float32Array) =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
const pixelBytes = (pixels: Float32Array, as: 'uint8' | 'float32') =>
  as === 'uint8' ? greyBytes(pixels) : bytesOf(pixels)
