// One training step recorded: batch, scalars and random counter in, new state and metrics out. The
// random numbers are drawn inside, from (seed, purpose, step), so the recording needs no numbers
// fed to it.
import * as tf from '../engine/tf.ts'
import { uniform16, uniform24 } from '../backends/philox.ts'
import type { NativeBackend } from '../backends/nativeBackend.ts'
import type { TrainingPlan } from '../engine/plan.ts'
import { purposes } from '../engine/random.ts'
import { scalarCount } from '../engine/schedules.ts'
import { buildStep } from '../engine/trainingStep.ts'
import { toTensors, type TrainingState } from '../engine/modelState.ts'
import { record, type Recording } from './recorder.ts'

export interface RecordedStep {
  recording: Recording
  /**
   * State tensors in the recording's order, name and shape; inputs 3.. and outputs 1.. of the
   * recording.
   */
  state: { name: string; shape: number[] }[]
}

/**
 * inputs: batch [B, D] int32, scalars [5], counter [4] int32, state...; outputs: metrics [3],
 * state...
 */
export function recordStep(
  plan: TrainingPlan,
  initial: TrainingState,
  native: NativeBackend,
): RecordedStep {
  const { config } = plan
  const step = buildStep(config, plan.image)
  const parameters = toTensors(initial.parameters)
  const slots = toTensors(initial.slots)
  const batch = tf.zeros([config.batchSize, plan.values], 'int32') as tf.Tensor2D
  const scalars = tf.zeros([scalarCount]) as tf.Tensor1D
  const counter = tf.zeros([4], 'int32') as tf.Tensor1D
  const names = [...Object.keys(parameters), ...Object.keys(slots)]
  const inputs = [batch, scalars, counter, ...Object.values(parameters), ...Object.values(slots)]
  const recording = record(native, inputs, () =>
    tf.tidy(() => {
      const key = (purpose: 'latent' | 'pixels') =>
        tf.tensor1d(Int32Array.of(config.seed | 0, purposes[purpose]), 'int32')
      const latentNoise = uniform24(key('latent'), counter, step.noise.latent)
      const pixelNoise =
        step.noise.pixels > 0 ? uniform16(key('pixels'), counter, step.noise.pixels) : null
      const next = step.run({ parameters, slots }, { batch, scalars, latentNoise, pixelNoise })
      return [
        next.metrics,
        ...Object.keys(parameters).map((name) => next.parameters[name]!),
        ...Object.keys(slots).map((name) => next.slots[name]!),
      ]
    }),
  )
  const state = inputs
    .slice(3)
    .map((tensor, index) => ({ name: names[index]!, shape: [...tensor.shape] }))
  tf.dispose(inputs)
  return { recording, state }
}
