// The latent procedures' inputs as requests to a host, checked against the run that they are about.
import { StudioError } from '../../preload/contract/errors.ts'
import type { Spacing } from '../../preload/contract/latent.ts'
import type { Run, Split } from '../../preload/contract/records.ts'
import { datasetInfo } from '../datasets/index.ts'
import type { LatentRequest } from '../host/protocol.ts'

export type As = 'uint8' | 'float32'

/** N points of the run's latent size. */
export function decodeRequest(run: Run, z: number[][], as: As): LatentRequest {
  const { latentSize } = run.config
  const flat = new Float32Array(z.length * latentSize) // N x Z
  z.forEach((point, index) => flat.set(pointOf(run, point), index * latentSize))
  return { kind: 'decode', z: flat, count: z.length, as }
}

export interface ManifoldInput {
  grid: number
  spacing: Spacing
  dimensions: [number, number]
  directions?: [number[], number[]] | undefined
  at?: number[] | undefined
  firstRow: number
  rows?: number | undefined
}

export function manifoldRequest(run: Run, input: ManifoldInput): LatentRequest {
  const { grid, spacing, dimensions, directions, at, firstRow } = input
  const { latentSize } = run.config
  const beyond = dimensions.find((dimension) => dimension >= latentSize)
  if (!directions && latentSize > 1 && beyond !== undefined)
    throw new StudioError(
      'bad-input',
      `Expected dimensions below ${latentSize} (the latent size of "${run.name}"), found ${beyond}; dimensions are numbered from 0.`,
    )
  if (firstRow >= grid)
    throw new StudioError('bad-input', `Expected a first row below ${grid}, found ${firstRow}.`)
  const rows = Math.min(input.rows ?? grid, grid - firstRow)
  directions?.forEach((direction) => pointOf(run, direction))
  return {
    kind: 'manifold',
    grid,
    spacing,
    dimensions,
    directions: directions ?? null,
    at: at ? pointOf(run, at) : null,
    firstRow,
    rows,
  }
}

export type ImagesInput =
  | { kind: 'pixels'; as: As; count: number; pixels: Uint8Array }
  | { kind: 'split'; split: Split; first: number; count: number }

export function encodeRequest(run: Run, images: ImagesInput): LatentRequest {
  const info = datasetInfo(run.config.dataset)
  if (images.kind === 'split') {
    const { split, first, count } = images
    if (first + count > info.images[split])
      throw new StudioError(
        'bad-input',
        `Expected images below ${info.images[split]} (the ${split} split), found ${first} to ${first + count - 1}.`,
      )
    return { kind: 'encode', images }
  }
  const { as, count, pixels } = images
  const expected = count * info.width * info.height * info.channels * (as === 'float32' ? 4 : 1)
  if (pixels.length !== expected)
    throw new StudioError(
      'bad-input',
      `Expected ${expected} bytes (${count} images of ${info.width} x ${info.height} as ${as}), found ${pixels.length}.`,
    )
  return { kind: 'encode', images: { kind: 'pixels', as, count, pixels } }
}

export function reconstructRequest(run: Run, split: Split, indices: number[]): LatentRequest {
  const count = datasetInfo(run.config.dataset).images[split]
  const beyond = indices.find((index) => index >= count)
  if (beyond !== undefined)
    throw new StudioError(
      'bad-input',
      `Expected image numbers below ${count} (the ${split} split), found ${beyond}.`,
    )
  return { kind: 'reconstruct', split, indices }
}

/** Throws `bad-input` for a point of another size. */
export function pointOf(run: Run, point: number[]): number[] {
  const { latentSize } = run.config
  if (point.length !== latentSize)
    throw new StudioError(
      'bad-input',
      `Expected points of ${latentSize} numbers (the latent size of "${run.name}"), found one of ${point.length}.`,
    )
  return point
}
