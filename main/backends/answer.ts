// Gives a rung the known answer's questions and compares: a forward pass, a loss, gradients, random
// words.
import * as tf from '../engine/tf.ts'
import { expected, layers, logvar, mu, philox, sizes, x, z } from './known-answer.ts'
import { uniform24 } from './philox.ts'

/**
 * One line on the first wrong answer of the active backend, or null when all are right. `native`:
 * check the words too.
 */
export function wrongAnswer(native: boolean): string | null {
  let wrong: string | null = null
  tf.tidy(() => {
    const { B, D, H2, Z } = sizes
    const images = tf.tensor2d(x, [B, D])
    const latent = tf.tensor2d(z, [B, Z])
    const weights = layers.map(({ weight, shape }) => tf.tensor2d(weight, shape))
    const biases = layers.map(({ bias }) => tf.tensor1d(bias))
    const perImage = (first: tf.Tensor2D, last: tf.Tensor1D): tf.Tensor1D => {
      const one = tf.softplus(tf.add(tf.matMul(latent, first), biases[0]!)) // [B, H2]
      const two = tf.softplus(tf.add(tf.matMul(one as tf.Tensor2D, weights[1]!), biases[1]!)) // [B, H1]
      const logits = tf.add(tf.matMul(two as tf.Tensor2D, weights[2]!), last) // [B, D]
      // Cross-entropy from logits: max(l, 0) - l x + log(1 + exp(-|l|)).
      const each = tf.add(
        tf.sub(tf.relu(logits), tf.mul(logits, images)),
        tf.softplus(tf.neg(tf.abs(logits))),
      )
      return tf.sum(each, 1)
    }
    const first = weights[0]!
    const last = biases[2]!
    const mean = (...parameters: tf.Tensor[]): tf.Scalar =>
      tf.mean(perImage(parameters[0] as tf.Tensor2D, parameters[1] as tf.Tensor1D))
    const [firstGradient, lastGradient] = tf.grads(mean)([first, last])
    wrong =
      differs('loss', perImage(first, last), expected.bernoulli, [B]) ??
      differs('divergence', divergence(), expected.kl, [B]) ??
      differs('gradient of the first weight', firstGradient!, expected.firstWeight, [Z, H2]) ??
      differs('gradient of the last bias', lastGradient!, expected.lastBias, [D]) ??
      (native ? wrongWords() : null)
  })
  return wrong
}

/** KL per image: 0.5 * sum(exp(logvar) + mu^2 - 1 - logvar). */
function divergence(): tf.Tensor1D {
  const means = tf.tensor2d(mu, [sizes.B, sizes.Z])
  const logs = tf.tensor2d(logvar, [sizes.B, sizes.Z])
  return tf.mul(0.5, tf.sum(tf.sub(tf.sub(tf.add(tf.exp(logs), tf.square(means)), 1), logs), 1))
}

/** float32 against float64: 1e-4 relative, 1e-6 absolute. NaN differs. */
function differs(what: string, found: tf.Tensor, wanted: number[], shape: number[]): string | null {
  if (found.shape.join() !== shape.join())
    return `${what} has shape [${found.shape.join()}] instead of [${shape.join()}]`
  const values = found.dataSync()
  const at = wanted.findIndex(
    (value, i) => !(Math.abs(values[i]! - value) <= 1e-6 + 1e-4 * Math.abs(value)),
  )
  return at < 0 ? null : `${what} is ${values[at]} instead of ${wanted[at]}`
}

function wrongWords(): string | null {
  const key = tf.tensor1d(Int32Array.from(philox.key), 'int32')
  const counter = tf.tensor1d(Int32Array.from(philox.counter), 'int32')
  const found = uniform24(key, counter, philox.words.length).dataSync()
  const at = philox.words.findIndex((word, i) => found[i] !== (word >>> 8) * 2 ** -24)
  return at < 0
    ? null
    : `random number ${at} is ${found[at]} instead of ${(philox.words[at]! >>> 8) * 2 ** -24}`
}
