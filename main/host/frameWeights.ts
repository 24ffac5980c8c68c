// Which frames keep their weights, and how precisely: planned before the first step from what all
// of them would take, so that nothing has to be thinned while the run trains.
import type { Precision } from '../engine/checkpoint.ts'
import type { Tensors } from '../engine/model.ts'
import type { NamedArrays } from '../engine/modelState.ts'

/** Bytes that the weights of a run's frames take on the disk at most. */
const BUDGET = 80 * 2 ** 20
/** Bytes of a file beside its numbers: names, shapes, settings. */
const HEADER = 4096
/** From here on a number rounds to infinity in float16. */
const HALF_LIMIT = 65_520

export interface FrameWeightsPlan {
  /** The steps whose frame keeps its weights. */
  steps: ReadonlySet<number>
  precision: Precision
}

/**
 * Float32 while all frames fit, else float16; where even that takes more, as many frames as fit,
 * evenly spaced in their order, the first and the last among them. The best weights by validation
 * are a checkpoint in any case.
 */
export function planFrameWeights(
  frameSteps: readonly number[],
  parameterCount: number,
  budget = BUDGET,
): FrameWeightsPlan {
  const fits = (bytesOfOne: number) => Math.floor(budget / (HEADER + bytesOfOne * parameterCount))
  if (frameSteps.length <= fits(4)) return { steps: new Set(frameSteps), precision: 'F32' }
  return { steps: new Set(evenlyChosen(frameSteps, fits(2))), precision: 'F16' }
}

/** `count` of the items with first and last; a single one is the last. */
function evenlyChosen(items: readonly number[], count: number): number[] {
  if (count >= items.length) return [...items]
  if (count < 2) return count === 1 ? items.slice(-1) : []
  return Array.from(
    { length: count },
    (_, i) => items[Math.round((i * (items.length - 1)) / (count - 1))]!,
  )
}

/** Weights as they lie in memory, to be written before the tensors go. */
export function weightsOf(tensors: Tensors): NamedArrays {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [
      name,
      { shape: [...tensor.shape], values: tensor.dataSync() as Float32Array },
    ]),
  )
}

/**
 * The precision for these weights, `wanted` where it holds them; null when one is not a number,
 * which nobody can explore.
 */
export function precisionFor(parameters: NamedArrays, wanted: Precision): Precision | null {
  const arrays = Object.values(parameters).map(({ values }) => values)
  if (arrays.every((values) => allWithin(values, HALF_LIMIT))) return wanted
  return arrays.every((values) => allWithin(values, Infinity)) ? 'F32' : null
}

// A plain loop: training waits for it.
function allWithin(values: Float32Array, limit: number): boolean {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (!(value > -limit && value < limit)) return false // NaN is in no order
  }
  return true
}
