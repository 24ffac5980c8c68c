// How a model's computations outside the training step are executed: directly here, compiled on native rungs
// (compile/functions.ts). The computation is given as a pure function, so that it can be recorded.
import * as tf from './tf.ts'
import type { VariationalAutoencoder } from './model.ts'

/** `name` and the inputs' shapes identify the computation for one configuration. Outputs are the caller's to dispose of. */
export type Apply = (
  name: string,
  model: VariationalAutoencoder,
  inputs: tf.Tensor[],
  compute: (model: VariationalAutoencoder, inputs: tf.Tensor[]) => tf.Tensor[],
) => tf.Tensor[]

/** Operation by operation. Call inside a tidy. */
export const applyDirectly: Apply = (_name, model, inputs, compute) => compute(model, inputs)

/**
 * The values of the tensors that `compute` returns; everything else it made is freed. (tidy would walk through every
 * element of a typed array handed out of it: 50 ms for one manifold.)
 */
export function valuesOf(compute: () => tf.Tensor[]): Float32Array[] {
  const tensors = tf.tidy(compute)
  const values = tensors.map((tensor) => tensor.dataSync() as Float32Array)
  tf.dispose(tensors)
  return values
}
