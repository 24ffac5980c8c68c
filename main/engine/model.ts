// A variational autoencoder (Kingma & Welling 2014) as a pure function of its parameters: nothing
// is stored, nothing trained here. B batch, D values of one image, Z latent size.
import * as tf from './tf.ts'
import type { ImageShape, Layer } from '../../preload/contract/parameters.ts'
import { decoderLayers, encoderLayers } from '../../preload/contract/parameters.ts'
import type { RunConfig } from '../../preload/contract/runConfig.ts'
import { addBias, relu, transposedToFew } from './layers.ts'
import { klPerDimension, reconstructionPerImage, type Posterior } from './losses.ts'

export type Tensors = Record<string, tf.Tensor>

/**
 * How a model's computations outside the training step are executed: directly here, compiled on
 * native backends (compile/functions.ts). The computation is a pure function, so that it can be
 * recorded. `name` and the inputs' shapes identify it for one configuration. Outputs are the
 * caller's to dispose of.
 */
export type Apply = (
  name: string,
  model: VariationalAutoencoder,
  inputs: tf.Tensor[],
  compute: (model: VariationalAutoencoder, inputs: tf.Tensor[]) => tf.Tensor[],
) => tf.Tensor[]

/** Operation by operation. Call inside a tidy. */
export const applyDirectly: Apply = (_name, model, inputs, compute) => compute(model, inputs)

/**
 * The network of a configuration with given parameters. All methods are tensors in, tensors out;
 * callers tidy.
 */
export class VariationalAutoencoder {
  readonly config: RunConfig
  readonly image: ImageShape
  readonly parameters: Tensors
  /** How computations outside the training step are executed. */
  readonly apply: Apply
  private readonly encoder: Layer[]
  private readonly decoder: Layer[]

  constructor(
    config: RunConfig,
    image: ImageShape,
    parameters: Tensors,
    apply: Apply = applyDirectly,
  ) {
    this.apply = apply
    this.config = config
    this.image = image
    this.parameters = parameters
    this.encoder = encoderLayers(config, image)
    this.decoder = decoderLayers(config, image)
  }

  /** x: [B, D] in [0, 1]. */
  encode(x: tf.Tensor2D): Posterior {
    const head = this.through(this.encoder, x) // [B, 2Z]
    const Z = this.config.latentSize
    return { mean: tf.slice(head, [0, 0], [-1, Z]), logVariance: tf.slice(head, [0, Z], [-1, Z]) }
  }

  /**
   * z = mean + exp(logVariance / 2) * noise, the reparametrization trick. noise: [B, Z] standard
   * normal, a constant. Its gradient by logVariance is dz (z - mean) / 2, from what is there
   * already.
   */
  sample(posterior: Posterior, noise: tf.Tensor2D): tf.Tensor2D {
    const operation = tf.customGrad((mean, logVariance, save) => {
      const deviation = tf.mul(tf.exp(tf.mul(logVariance as tf.Tensor, 0.5)), noise) // z - mean
      ;(save as tf.GradSaveFunc)([deviation])
      return {
        value: tf.add(mean as tf.Tensor, deviation),
        gradFunc: (dz: tf.Tensor, saved: tf.Tensor[]) => [dz, tf.mul(tf.mul(dz, saved[0]!), 0.5)],
      }
    })
    return operation(posterior.mean, posterior.logVariance) as tf.Tensor2D
  }

  /** z: [B, Z] -> [B, D]: logits before the sigmoid that makes them probabilities or means. */
  decode(z: tf.Tensor2D): tf.Tensor2D {
    const out = this.through(this.decoder, z)
    return tf.reshape(out, [-1, this.values]) as tf.Tensor2D
  }

  /** z: [B, Z] -> [B, D] in [0, 1]: Bernoulli probabilities or means, whatever the likelihood. */
  pixels(z: tf.Tensor2D): tf.Tensor2D {
    return tf.sigmoid(this.decode(z))
  }

  /**
   * The two parts of the negative ELBO from one sample of z, in nats. target: [B, D], what is to be
   * explained (x itself, or its binarisation). -> reconstruction [B], kl [B, Z]
   */
  elbo(
    target: tf.Tensor2D,
    noise: tf.Tensor2D,
  ): { reconstruction: tf.Tensor1D; kl: tf.Tensor2D; posterior: Posterior } {
    const posterior = this.encode(target)
    const logits = this.decode(this.sample(posterior, noise))
    return {
      reconstruction: reconstructionPerImage(
        this.config,
        target,
        logits,
        this.parameters['decoder.noise'],
      ),
      kl: klPerDimension(posterior),
      posterior,
    }
  }

  private get values(): number {
    return this.image.height * this.image.width * this.image.channels
  }

  private through(layers: Layer[], input: tf.Tensor): tf.Tensor2D {
    return layers.reduce((h, layer) => this.layer(layer, h), input) as tf.Tensor2D
  }

  private layer(layer: Layer, input: tf.Tensor): tf.Tensor {
    const weight = this.parameters[`${layer.name}.weight`]!
    const bias = this.parameters[`${layer.name}.bias`]!
    const shaped = layer.kind === 'dense' ? flat(input) : tf.reshape(input, [-1, ...layer.from])
    const batch = shaped.shape[0]!
    let out: tf.Tensor
    if (layer.kind === 'dense') out = tf.matMul(shaped as tf.Tensor2D, weight as tf.Tensor2D)
    else if (layer.kind === 'conv')
      out = tf.conv2d(shaped as tf.Tensor4D, weight as tf.Tensor4D, layer.stride, 'same')
    else if (layer.stride === 1) out = transposedToFew(shaped as tf.Tensor4D, weight as tf.Tensor4D)
    else
      out = tf.conv2dTranspose(
        shaped as tf.Tensor4D,
        weight as tf.Tensor4D,
        [batch, ...layer.to] as [number, number, number, number],
        layer.stride,
        'same',
      )
    const linear = addBias(out, bias)
    if (!layer.activated) return linear
    return this.config.activation === 'relu' ? relu(linear) : tf[this.config.activation](linear)
  }
}

// Images leave convolutions as [B, h, w, c]; dense layers take them flattened in that order.
function flat(input: tf.Tensor): tf.Tensor2D {
  return input.rank === 2 ? (input as tf.Tensor2D) : tf.reshape(input, [input.shape[0]!, -1])
}
