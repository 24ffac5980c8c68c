// The parts of a layer whose usual form is slow on a CPU, each with the gradient that costs least.
// A backend may bring fused kernels for them (backends/fused.ts); elsewhere the same is composed of
// tfjs's operations.
import * as tf from './tf.ts'

/** Kernels that a backend may bring: inputs {x, bias}; {dy}; {dy, y}. */
export const fusedKernels = {
  biasAdd: 'LatentBiasAdd',
  biasGradient: 'LatentBiasGradient',
  reluGradient: 'LatentReluGradient',
} as const

/** x + bias along the last axis. x: [..., C], bias: [C]. */
export function addBias(x: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  const operation = tf.customGrad((x, bias) => ({
    value:
      fused(fusedKernels.biasAdd, { x: x as tf.Tensor, bias: bias as tf.Tensor }) ??
      tf.add(x as tf.Tensor, bias as tf.Tensor),
    // as rows, or TensorFlow's graphs join it with the filter's gradient, whose sum has other last
    // bits than the eager loop's
    gradFunc: (dy: tf.Tensor) => {
      const rows = tf.reshape(dy, [-1, dy.shape.at(-1)!])
      return [dy, fused(fusedKernels.biasGradient, { dy: rows }) ?? tf.sum(rows, 0)]
    },
  }))
  return operation(x, bias)
}

/** max(x, 0); the gradient is read from the result, so that x need not be kept. */
export function relu(x: tf.Tensor): tf.Tensor {
  const operation = tf.customGrad((x, save) => {
    const value = tf.relu(x as tf.Tensor)
    ;(save as tf.GradSaveFunc)([value])
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        fused(fusedKernels.reluGradient, { dy, y: saved[0]! }) ?? tf.mul(dy, tf.step(saved[0]!)),
    }
  })
  return operation(x)
}

/**
 * A transposed convolution of stride 1 to few channels: one matrix product gives what every tap of
 * the kernel adds, the taps are then shifted and summed. Convolution kernels fill whole vectors of
 * output channels and waste nearly all of their work here. x: [B, h, w, in], weight: [k, k, out,
 * in] with k odd -> [B, h, w, out].
 */
export function transposedToFew(x: tf.Tensor4D, weight: tf.Tensor4D): tf.Tensor4D {
  const operation = tf.customGrad((x, weight, save) => {
    const [input, kernel] = [x as tf.Tensor4D, weight as tf.Tensor4D]
    ;(save as tf.GradSaveFunc)([input, kernel])
    return {
      value: summedTaps(input, kernel),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [input, kernel] = saved as [tf.Tensor4D, tf.Tensor4D]
        return [
          tf.conv2d(dy as tf.Tensor4D, kernel, 1, 'same'),
          kernelGradient(dy as tf.Tensor4D, input, kernel.shape),
        ]
      },
    }
  })
  return operation(x, weight) as tf.Tensor4D
}

function summedTaps(x: tf.Tensor4D, weight: tf.Tensor4D): tf.Tensor4D {
  const [B, h, w, channels] = x.shape
  const [k, , out] = weight.shape
  const edge = (k - 1) / 2
  const taps = tf.matMul(
    tf.reshape(weight, [k * k * out, channels]),
    tf.reshape(x, [B * h * w, channels]),
    false,
    true,
  ) // [k k out, B h w]
  const framed = tf.pad(tf.reshape(taps, [k * k * out, B, h, w]), [
    [0, 0],
    [0, 0],
    [edge, edge],
    [edge, edge],
  ])
  // output (i, j) gets tap (r, c) from input (i + edge - r, j + edge - c), which lies `edge`
  // further in the frame
  const shifted = Array.from({ length: k * k }, (_, tap) => {
    const [r, c] = [Math.floor(tap / k), tap % k]
    return tf.slice(framed, [tap * out, 0, 2 * edge - r, 2 * edge - c], [out, B, h, w]) // [out, B, h, w]
  })
  const sum = tf.addN(shifted)
  return (
    out === 1 ? tf.reshape(sum, [B, h, w, 1]) : tf.transpose(sum, [1, 2, 3, 0])
  ) as tf.Tensor4D
}

// Gradient by the kernel of a convolution of stride 1. x: [B, h, w, in], dy: [B, h, w, out] -> [k,
// k, in, out]
function kernelGradient(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  filterShape: [number, number, number, number],
): tf.Tensor {
  const attributes = {
    strides: 1,
    pad: 'same',
    dataFormat: 'NHWC',
    dimRoundingMode: null,
    filterShape,
  }
  return tf
    .engine()
    .runKernel(
      tf.Conv2DBackpropFilter,
      { x, dy },
      attributes as unknown as tf.NamedAttrMap,
    ) as tf.Tensor
}

function fused(kernel: string, inputs: Record<string, tf.Tensor>): tf.Tensor | undefined {
  if (tf.getKernel(kernel, tf.getBackend()) === undefined) return undefined
  return tf.engine().runKernel(kernel, inputs) as tf.Tensor
}
