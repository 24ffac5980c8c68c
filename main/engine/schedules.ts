// What changes from step to step besides the data: learning rate, KL weight and Adam's corrections.
// They reach the step as one tensor, so that the step itself holds no number that changes and can
// be recorded.
import * as tf from './tf.ts'
import { betaAt } from '../../preload/contract/klWeight.ts'
import type { RunConfig } from '../../preload/contract/runConfig.ts'

export const scalarCount = 5

/** The scalars of step t (the first is 1), float32: [t, rate, beta, 1 - beta1^t, 1 - beta2^t]. */
export function scalarsAt(config: RunConfig, t: number, totalSteps: number): Float32Array {
  return Float32Array.of(
    t,
    rateAt(config, t, totalSteps),
    betaAt(config, t),
    1 - config.beta1 ** t,
    1 - config.beta2 ** t,
  )
}

export interface StepScalars {
  t: tf.Tensor1D
  rate: tf.Tensor1D
  beta: tf.Tensor1D
  correction1: tf.Tensor1D
  correction2: tf.Tensor1D
}

/** scalars: [5] -> five [1] tensors. */
export function splitScalars(scalars: tf.Tensor1D): StepScalars {
  const at = (index: number) => tf.slice(scalars, [index], [1])
  return { t: at(0), rate: at(1), beta: at(2), correction1: at(3), correction2: at(4) }
}

function rateAt(config: RunConfig, t: number, totalSteps: number): number {
  if (t <= config.rateWarmup) return (config.learningRate * t) / config.rateWarmup
  if (config.rateSchedule === 'constant') return config.learningRate
  const progress = (t - config.rateWarmup) / Math.max(1, totalSteps - config.rateWarmup)
  return config.learningRate * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, progress)))
}
