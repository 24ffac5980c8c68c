// Reordering of axes and the padding of TensorFlow's SAME convolutions, for formats that lay images
// and kernels out otherwise.

/**
 * values of `shape` with axis i of the result taken from axis permutation[i]. Row-major in and out.
 */
export function permuted(
  values: Float32Array,
  shape: readonly number[],
  permutation: readonly number[],
): { shape: number[]; values: Float32Array } {
  const strides = shape.map((_, axis) =>
    shape.slice(axis + 1).reduce((product, size) => product * size, 1),
  )
  const sizes = permutation.map((axis) => shape[axis]!)
  const steps = permutation.map((axis) => strides[axis]!)
  const result = new Float32Array(values.length)
  const at = new Array<number>(sizes.length).fill(0)
  for (let index = 0, from = 0; index < result.length; index++) {
    result[index] = values[from]!
    // like a counter: the last axis first, carrying over
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      at[axis]! += 1
      from += steps[axis]!
      if (at[axis]! < sizes[axis]!) break
      from -= at[axis]! * steps[axis]!
      at[axis] = 0
    }
  }
  return { shape: sizes, values: result }
}

/**
 * (h, w, in, out) of a convolution, or (h, w, out, in) of a transposed one, to the order of ONNX
 * and PyTorch.
 */
export const kernelOrder = [3, 2, 0, 1] as const

/**
 * Padding before and after along one axis, as TensorFlow's SAME takes it: the odd one goes behind.
 * `fine` is the larger side (input of a convolution, output of a transposed one), `coarse` the
 * other; what is cropped from a transposed convolution is the same.
 */
export function samePadding(
  fine: number,
  coarse: number,
  kernel: number,
  stride: number,
): [before: number, after: number] {
  const total = Math.max((coarse - 1) * stride + kernel - fine, 0)
  const before = Math.floor(total / 2)
  return [before, total - before]
}
