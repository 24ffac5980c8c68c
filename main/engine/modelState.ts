// Parameters and slots as plain arrays: how a run starts, and the form in which state travels
// between tensors and files.
import * as tf from './tf.ts'
import type { ImageShape } from '../../preload/contract/parameters.ts'
import { parameterShapes } from '../../preload/contract/parameters.ts'
import type { RunConfig } from '../../preload/contract/runConfig.ts'
import type { Tensors } from './model.ts'
import { slotShapes } from './slots.ts'
import { uniform24 } from './random.ts'

export interface NamedArray {
  shape: number[]
  values: Float32Array
}
export type NamedArrays = Record<string, NamedArray>

/** Parameters and optimizer slots of a run, by name. */
export interface TrainingState {
  parameters: NamedArrays
  slots: NamedArrays
}

/**
 * The state before the first step: Glorot-uniform weights (Glorot & Bengio 2010), zero biases, zero
 * slots.
 */
export function initialState(config: RunConfig, image: ImageShape): TrainingState {
  const shapes = parameterShapes(config, image)
  const parameters: NamedArrays = {}
  let index = 0
  for (const [name, shape] of shapes)
    parameters[name] = {
      shape,
      values: name.endsWith('.weight') ? glorot(config.seed, index++, shape) : zeros(shape),
    }
  const slots = Object.fromEntries(
    [...slotShapes(config, shapes)].map(([name, shape]) => [name, { shape, values: zeros(shape) }]),
  )
  return { parameters, slots }
}

/** Uploads arrays; the caller disposes of the tensors. */
export function toTensors(arrays: NamedArrays): Tensors {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, { shape, values }]) => [
      name,
      tf.tensor(values, shape, 'float32'),
    ]),
  )
}

/** Reads tensors back, in their order. */
export function toArrays(tensors: Tensors): NamedArrays {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [
      name,
      { shape: [...tensor.shape], values: Float32Array.from(tensor.dataSync()) },
    ]),
  )
}

const volume = (shape: number[]) => shape.reduce((product, size) => product * size, 1)
const zeros = (shape: number[]) => new Float32Array(volume(shape))

// U(-limit, limit), limit = sqrt(6 / (fan in + fan out)); a kernel's fans count its receptive
// field.
function glorot(seed: number, index: number, shape: number[]): Float32Array {
  const field = volume(shape.slice(0, -2))
  const limit = Math.sqrt(6 / (field * (shape.at(-2)! + shape.at(-1)!)))
  return uniform24(seed, 'weights', index, volume(shape)).map((u) => (2 * u - 1) * limit)
}
