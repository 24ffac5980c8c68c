// The terms of the loss, in nats per image, and the objectives made of them. B batch, D values of
// one image, Z latent.
import * as tf from './tf.ts'
import type { RunConfig } from '../../preload/contract/runConfig.ts'

export interface Posterior {
  /** [B, Z] */
  mean: tf.Tensor2D
  /** [B, Z], natural logarithm of the variance */
  logVariance: tf.Tensor2D
}

const LOG_TWO_PI = Math.log(2 * Math.PI)

/**
 * KL(N(mean, exp(logVariance)) || N(0, 1)) for each image and dimension: 0.5 (exp(lv) - 1 + mean^2
 * - lv). -> [B, Z] By expm1, which keeps its digits where a posterior is close to the prior, and
 * with its gradient as one term a side: TensorFlow's graphs reorder longer sums, and would no
 * longer repeat the eager loop bit for bit.
 */
export function klPerDimension({ mean, logVariance }: Posterior): tf.Tensor2D {
  const operation = tf.customGrad((mean, logVariance, save) => {
    const excess = tf.expm1(logVariance as tf.Tensor) // of the variance over 1
    ;(save as tf.GradSaveFunc)([mean as tf.Tensor, excess])
    return {
      value: tf.mul(
        tf.sub(tf.add(excess, tf.square(mean as tf.Tensor)), logVariance as tf.Tensor),
        0.5,
      ),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [mean, excess] = saved as [tf.Tensor, tf.Tensor]
        return [tf.mul(dy, mean), tf.mul(dy, tf.mul(excess, 0.5))]
      },
    }
  })
  return operation(mean, logVariance) as tf.Tensor2D
}

/**
 * -log p(target | z) for each image under the configured likelihood, from logits [B, D]. -> [B],
 * nats.
 */
export function reconstructionPerImage(
  config: RunConfig,
  target: tf.Tensor2D,
  logits: tf.Tensor2D,
  logNoise?: tf.Tensor,
): tf.Tensor1D {
  switch (config.likelihood) {
    case 'bernoulli':
      return crossEntropyPerImage(target, logits)
    case 'squared':
      return squaredErrorPerImage(target, logits)
    case 'gaussian': {
      const constant = 0.5 * target.shape[1] * (LOG_TWO_PI + Math.log(config.noiseVariance))
      return tf.add(
        tf.mul(squaredErrorPerImage(target, logits), 1 / config.noiseVariance),
        constant,
      ) // a product, see step.ts
    }
    case 'gaussian-learned': {
      // One variance for all values, learned as its logarithm (Rybkin et al. 2021, "sigma-VAE").
      const constant = tf.mul(tf.add(logNoise!, LOG_TWO_PI), 0.5 * target.shape[1]) // [1]
      return tf.add(
        tf.mul(squaredErrorPerImage(target, logits), tf.exp(tf.neg(logNoise!))),
        constant,
      )
    }
  }
}

/** Bernoulli cross-entropy from logits, never the log of a sigmoid: softplus(l) - x l. -> [B] */
export function crossEntropyPerImage(target: tf.Tensor2D, logits: tf.Tensor2D): tf.Tensor1D {
  return tf.sum(tf.sub(tf.softplus(logits), tf.mul(target, logits)), 1)
}

/** 0.5 * sum over values of (sigmoid(logits) - target)^2. -> [B] */
export function squaredErrorPerImage(target: tf.Tensor2D, logits: tf.Tensor2D): tf.Tensor1D {
  return tf.mul(tf.sum(tf.square(tf.sub(tf.sigmoid(logits), target)), 1), 0.5)
}

export interface ObjectiveTerms {
  /** What the optimizer minimises; scalar. */
  objective: tf.Scalar
  /** Means over the batch, nats per image; scalars. */
  reconstruction: tf.Scalar
  kl: tf.Scalar
}

/**
 * The objective of a batch. beta: [1] tensor, the KL weight of this step (1 is the ELBO). The
 * tutorial's loss sums the squared error over the WHOLE batch and adds the MEAN KL, so KL weighs
 * 1/B.
 */
export function objectiveOf(
  config: RunConfig,
  reconstructionOfImages: tf.Tensor1D,
  klOfImages: tf.Tensor2D,
  beta: tf.Tensor,
): ObjectiveTerms {
  const reconstruction = tf.mean(reconstructionOfImages) as tf.Scalar
  const klMeans = tf.mean(klOfImages, 0) as tf.Tensor1D // [Z]
  const kl = tf.sum(klMeans) as tf.Scalar
  if (config.objective === 'tutorial')
    return { objective: tf.add(tf.sum(reconstructionOfImages), kl), reconstruction, kl }
  // Free bits (Kingma et al. 2016): a dimension below its allowance adds a constant, hence no
  // gradient.
  const charged = config.freeBits > 0 ? tf.sum(tf.maximum(klMeans, config.freeBits)) : kl
  const weighted =
    config.beta === 1 && config.betaWarmup === 0 ? charged : tf.mul(charged, tf.reshape(beta, []))
  return { objective: tf.add(reconstruction, weighted) as tf.Scalar, reconstruction, kl }
}

/**
 * The importance-weighted bound's estimate of -log p(x) (Burda et al. 2016, eq. 8).
 * logWeights: [B, K], log p(x, z_k) - log q(z_k | x). -> [B], nats.
 */
export function importanceNll(logWeights: tf.Tensor2D): tf.Tensor1D {
  return tf.neg(tf.sub(tf.logSumExp(logWeights, 1), Math.log(logWeights.shape[1])))
}
