// What all formats are written from: the layers and parameters of one part of a model, taken from a
// checkpoint file and held against the run's settings before anything is made of them.
import { open } from 'node:fs/promises'
import { StudioError } from '../../preload/contract/errors.ts'
import type { ExportPart } from '../../preload/contract/exports.ts'
import {
  decoderLayers,
  encoderLayers,
  parameterShapes,
  type ImageShape,
  type Layer,
} from '../../preload/contract/parameters.ts'
import type { DatasetInfo, Run, Validation } from '../../preload/contract/records.ts'
import type { RunConfig } from '../../preload/contract/runConfig.ts'
import { decodeWeights } from '../engine/checkpoint.ts'
import type { NamedArrays } from '../engine/modelState.ts'
import { sha256 } from '../files/atomic.ts'
import { fileReason } from '../files/reason.ts'

/** Where a model comes from. Plain data: it travels to the thread that exports. */
export interface ExportSource {
  file: string
  sha256: string
  step: number
  run: Pick<
    Run,
    | 'id'
    | 'name'
    | 'createdAt'
    | 'backend'
    | 'backendVersion'
    | 'mode'
    | 'threads'
    | 'totalSteps'
    | 'datasetHash'
  >
  dataset: DatasetInfo
  /** Measured on the validation split at the checkpoint's step, if it was. */
  validation: Validation | null
  programVersion: string
}

export interface ExportedModel {
  part: ExportPart
  source: ExportSource
  config: RunConfig
  image: ImageShape
  /** Values of one image: height x width x channels. */
  pixels: number
  /** Empty for a decoder alone. */
  encoder: Layer[]
  /** Empty for an encoder alone. */
  decoder: Layer[]
  /** Those of the part, by their documented names: NAME.weight, NAME.bias, decoder.noise. */
  parameters: NamedArrays
}

/**
 * Throws `damaged-checkpoint` for a file that is missing, changed, or does not hold what its
 * settings stand for.
 */
export async function loadModel(
  source: ExportSource,
  part: ExportPart,
  onBytes: (done: number, total: number) => void = () => undefined,
): Promise<ExportedModel> {
  const bytes = await readWhole(source.file, onBytes).catch((error: unknown) => {
    throw damaged(`it cannot be read (${fileReason(error)})`)
  })
  if (sha256(bytes) !== source.sha256) throw damaged('its content has changed since it was stored')
  return modelOf(bytes, source, part)
}

async function readWhole(
  path: string,
  onBytes: (done: number, total: number) => void,
): Promise<Uint8Array> {
  const file = await open(path, 'r')
  try {
    const bytes = Buffer.alloc((await file.stat()).size)
    let done = 0
    while (done < bytes.length) {
      const { bytesRead } = await file.read(
        bytes,
        done,
        Math.min(4 * 2 ** 20, bytes.length - done),
        done,
      )
      if (bytesRead === 0) break // cut meanwhile: its hash tells
      onBytes((done += bytesRead), bytes.length)
    }
    return bytes
  } finally {
    await file.close()
  }
}

/** As loadModel, for the bytes of a checkpoint at hand. */
export function modelOf(bytes: Uint8Array, source: ExportSource, part: ExportPart): ExportedModel {
  const { meta, parameters: stored } = decodeWeights(bytes)
  const { height, width, channels } = source.dataset
  const image = { height, width, channels }
  const wanted = [...parameterShapes(meta.config, image)].filter(
    ([name]) => part === 'model' || name.startsWith(`${part}.`),
  )
  const parameters = Object.fromEntries(
    wanted.map(([name, shape]) => {
      const found = stored[name]
      if (!found) throw damaged(`it lacks ${name}`)
      if (found.shape.join() !== shape.join())
        throw damaged(`${name} is ${found.shape.join(' x ')}, expected ${shape.join(' x ')}`)
      return [name, found]
    }),
  )
  return {
    part,
    source,
    config: meta.config,
    image,
    pixels: height * width * channels,
    encoder: part === 'decoder' ? [] : encoderLayers(meta.config, image),
    decoder: part === 'encoder' ? [] : decoderLayers(meta.config, image),
    parameters,
  }
}

/** A parameter that modelOf has checked. */
export function parameterOf(
  model: ExportedModel,
  name: string,
): { shape: number[]; values: Float32Array } {
  const found = model.parameters[name]
  if (!found) throw new StudioError('internal', `Expected the parameter ${name}, found none.`)
  return found
}

function damaged(found: string): StudioError {
  return new StudioError(
    'damaged-checkpoint',
    `The checkpoint file is damaged: ${found}. Choose another checkpoint.`,
  )
}
