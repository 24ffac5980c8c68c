// What leaves the engine as numbers.
import * as tf from './tf.ts'

/**
 * The values of the tensors that `compute` returns; everything else it made is freed. (tidy would
 * walk through every element of a typed array handed out of it: 50 ms for one manifold.)
 */
export function valuesOf(compute: () => tf.Tensor[]): Float32Array[] {
  const tensors = tf.tidy(compute)
  const values = tensors.map((tensor) => tensor.dataSync() as Float32Array)
  tf.dispose(tensors)
  return values
}
