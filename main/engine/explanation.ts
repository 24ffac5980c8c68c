// One image through a model: draws from its posterior, what they decode to, what each costs. D
// values, Z latent, S samples.
import * as tf from './tf.ts'
import { valuesOf } from './tensorValues.ts'
import { encodeImages } from './latentQueries.ts'
import { reconstructionPerImage } from './losses.ts'
import type { VariationalAutoencoder } from './model.ts'
import { normals } from './random.ts'

export interface Explained {
  /** Z each */
  mean: Float32Array
  logVariance: Float32Array
  /** S x Z */
  samples: Float32Array
  /** (1 + S) x D in [0, 1]: decoded from the mean, then from each sample. */
  pixels: Float32Array
  /** Nats: of the mean, then of each sample. */
  reconstruction: Float32Array
}

/** target: D values in [0, 1]. The same seed gives the same samples. */
export function explainImage(
  model: VariationalAutoencoder,
  target: Float32Array,
  count: number,
  seed: number,
): Explained {
  const Z = model.config.latentSize
  const D = target.length
  const code = encodeImages(model, target, 1)
  const [mean, logVariance] = [code.slice(0, Z), code.slice(Z)]
  const points = new Float32Array((1 + count) * Z)
  const noise = normals(seed, 'explanation', 0, count * Z)
  points.set(mean)
  for (let at = 0; at < count * Z; at++)
    points[Z + at] = mean[at % Z]! + Math.exp(0.5 * logVariance[at % Z]!) * noise[at]!
  const [pixels, reconstruction] = valuesOf(() => {
    const logits = model.decode(tf.tensor2d(points, [1 + count, Z])) // [1 + S, D]
    const targets = tf.tile(tf.tensor2d(target, [1, D]), [1 + count, 1]) as tf.Tensor2D
    return [
      tf.sigmoid(logits),
      reconstructionPerImage(model.config, targets, logits, model.parameters['decoder.noise']),
    ]
  })
  return {
    mean,
    logVariance,
    samples: points.slice(Z),
    pixels: pixels!,
    reconstruction: reconstruction!,
  }
}
