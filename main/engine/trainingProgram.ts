// How steps are executed. The eager program here is the readable reference; compiled programs
// (main/compile) do the same in fewer calls and are held against it.
import * as tf from './tf.ts'
import type { Mode } from '../../preload/contract/runConfig.ts'
import type { Tensors } from './model.ts'
import type { OptimizerState } from './optimizers.ts'
import { batchIndices, EpochOrders, type TrainingPlan } from './plan.ts'
import { uniform16, uniform24 } from './random.ts'
import { scalarsAt } from './schedules.ts'
import { buildStep, type StepInput } from './trainingStep.ts'
import { toArrays, toTensors, type TrainingState } from './modelState.ts'

export interface TrainingProgram {
  readonly mode: Mode
  /**
   * Runs the steps first .. first+count-1 (from 1); their metrics, count rows of [reconstruction,
   * kl, objective].
   */
  run(first: number, count: number): Float32Array
  /** The parameters as they are now; the caller disposes of the tensors. */
  parameters(): Tensors
  /** Parameters and slots read back, for a checkpoint. */
  read(): TrainingState
  dispose(): void
}

/** Runs one step at a time, operation by operation, on whatever backend is active. */
export function eagerProgram(plan: TrainingPlan, initial: TrainingState): TrainingProgram {
  const step = buildStep(plan.config, plan.image)
  const orders = new EpochOrders(plan.config.seed, plan.data.count)
  let state: OptimizerState = {
    parameters: toTensors(initial.parameters),
    slots: toTensors(initial.slots),
  }
  return {
    mode: 'eager',
    run(first, count) {
      const rows = new Float32Array(3 * count)
      for (let i = 0; i < count; i++) {
        const input = stepInput(plan, step.noise, orders, first + i)
        const { metrics, ...next } = step.run(state, input)
        tf.dispose([state, input] as unknown as tf.TensorContainer)
        state = next
        rows.set(metrics.dataSync(), 3 * i)
        metrics.dispose()
      }
      return rows
    },
    parameters: () =>
      Object.fromEntries(
        Object.entries(state.parameters).map(([name, tensor]) => [name, tensor.clone()]),
      ),
    read: () => ({ parameters: toArrays(state.parameters), slots: toArrays(state.slots) }),
    dispose: () => tf.dispose(state as unknown as tf.TensorContainer),
  }
}

/** Everything that one step needs besides the state: its batch, its scalars, its random numbers. */
export function stepInput(
  plan: TrainingPlan,
  noise: { latent: number; pixels: number },
  orders: EpochOrders,
  step: number,
): StepInput {
  const { config, values } = plan
  return {
    batch: gather(plan, batchIndices(plan, step, 1, orders)),
    scalars: tf.tensor1d(scalarsAt(config, step, plan.totalSteps)),
    latentNoise: tf.tensor1d(uniform24(config.seed, 'latent', step, noise.latent)),
    pixelNoise:
      noise.pixels > 0
        ? tf.tensor1d(uniform16(config.seed, 'pixels', step, config.batchSize * values))
        : null,
  }
}

// -> [B, D] int32
function gather(plan: TrainingPlan, indices: Int32Array): tf.Tensor2D {
  const D = plan.values
  const batch = new Int32Array(indices.length * D)
  indices.forEach((row, position) =>
    batch.set(plan.data.images.subarray(row * D, (row + 1) * D), position * D),
  )
  return tf.tensor2d(batch, [indices.length, D], 'int32')
}
