// One training step as a pure function of tensors: the eager loop runs it, the recorder records it.
// Nothing in it is a JavaScript number that changes between steps, no branch looks at a value,
// nothing is read back.
import * as tf from './tf.ts'
import type { ImageShape } from '../../preload/contract/parameters.ts'
import type { RunConfig } from '../../preload/contract/runConfig.ts'
import { objectiveOf, type ObjectiveTerms } from './losses.ts'
import { VariationalAutoencoder, type Tensors } from './model.ts'
import { optimize, type OptimizerState } from './optimizers.ts'
import { splitScalars } from './schedules.ts'

/**
 * How many uniforms a step needs from each stream: latent with 24 bits, pixels with 16 (none unless
 * binarisation is dynamic).
 */
export interface NoiseNeeds {
  latent: number
  pixels: number
}

export interface StepInput {
  /**
   * [B, D] int32, grey values 0..255 (0 or 1 times 255 when the data were binarised beforehand).
   */
  batch: tf.Tensor2D
  /** [5] float32, see schedules.ts. */
  scalars: tf.Tensor1D
  /** [noise.latent] uniforms in [0, 1). */
  latentNoise: tf.Tensor1D
  /** [noise.pixels] uniforms in [0, 1), or null. */
  pixelNoise: tf.Tensor1D | null
}

export interface StepOutput extends OptimizerState {
  /** [3] float32: reconstruction, kl, objective (records.ts, metricColumns). */
  metrics: tf.Tensor1D
}

export interface Step {
  noise: NoiseNeeds
  run(state: OptimizerState, input: StepInput): StepOutput
}

export function buildStep(config: RunConfig, image: ImageShape): Step {
  const B = config.batchSize
  const D = image.height * image.width * image.channels
  const Z = config.latentSize
  return {
    noise: {
      latent: 2 * Math.ceil((B * Z) / 2),
      pixels: config.binarisation === 'dynamic' ? B * D : 0,
    },
    run: (state, input) =>
      tf.tidy(() => {
        const scalars = splitScalars(input.scalars)
        const target = targets(input.batch, input.pixelNoise) // [B, D]
        const noise = tf.reshape(boxMuller(input.latentNoise, B * Z), [B, Z]) as tf.Tensor2D
        const { terms, gradients } = gradientsOf(state.parameters, (parameters) => {
          const { reconstruction, kl } = new VariationalAutoencoder(config, image, parameters).elbo(
            target,
            noise,
          )
          return objectiveOf(config, reconstruction, kl, scalars.beta)
        })
        const metrics = tf.stack([terms.reconstruction, terms.kl, terms.objective]) as tf.Tensor1D
        return {
          ...optimize(config, state, gradients, scalars),
          metrics,
        } as unknown as tf.TensorContainer
      }) as unknown as StepOutput,
  }
}

/**
 * Grey values [B, D] int32 -> targets [B, D] float32: x = grey / 255, or 1 where a uniform falls
 * below x. Compilers turn the division into a product; written as one, it has the same bits in
 * every mode (255 gives exactly 1).
 */
export function targets(batch: tf.Tensor2D, pixelNoise: tf.Tensor1D | null): tf.Tensor2D {
  const x = tf.mul(tf.cast(batch, 'float32'), 1 / 255) as tf.Tensor2D
  if (!pixelNoise) return x
  return tf.cast(tf.less(tf.reshape(pixelNoise, x.shape), x), 'float32')
}

/**
 * Standard normals from uniforms by Box-Muller (1958). uniforms: [2n], the first n radii, the last
 * n angles -> [count], count <= 2n.
 */
export function boxMuller(uniforms: tf.Tensor1D, count: number): tf.Tensor1D {
  const n = uniforms.shape[0] / 2
  const radius = tf.sqrt(tf.mul(tf.log(tf.sub(1, tf.slice(uniforms, [0], [n]))), -2)) // 1 - u lies in (0, 1]: the logarithm is finite
  const angle = tf.mul(tf.slice(uniforms, [n], [n]), 2 * Math.PI)
  const both = tf.concat([
    tf.mul(radius, tf.cos(angle)),
    tf.mul(radius, tf.sin(angle)),
  ]) as tf.Tensor1D
  return count === 2 * n ? both : tf.slice(both, [0], [count])
}

/**
 * The objective's gradient by parameter name, with the terms measured on the way. Call inside a
 * tidy.
 */
export function gradientsOf(
  parameters: Tensors,
  objective: (parameters: Tensors) => ObjectiveTerms,
): { terms: ObjectiveTerms; gradients: Tensors } {
  const names = Object.keys(parameters)
  let terms: ObjectiveTerms | undefined
  const { value, grads } = tf.engine().gradients(
    () => {
      const measured = objective(parameters)
      // gradients() tidies what its function makes; these two are read after it.
      terms = {
        ...measured,
        reconstruction: tf.keep(measured.reconstruction),
        kl: tf.keep(measured.kl),
      }
      return measured.objective
    },
    names.map((name) => parameters[name]!),
    undefined as unknown as tf.Tensor,
  )
  const { reconstruction, kl } = terms!
  const tidied = {
    reconstruction: tf.clone(reconstruction) as tf.Scalar,
    kl: tf.clone(kl) as tf.Scalar,
    objective: value as tf.Scalar,
  }
  reconstruction.dispose()
  kl.dispose()
  return {
    terms: tidied,
    gradients: Object.fromEntries(names.map((name, index) => [name, grads[index]!])),
  }
}
