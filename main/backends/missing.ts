// Gradient kernels that tfjs's wasm backend lacks. The gradient of a convolution's kernel is
// written as one matrix product per kernel position, which wasm does fast; the rarer ones run the
// JavaScript backend's kernel on copied data: slow, and right.
import * as tf from '../engine/tf.ts'

const borrowed = [
  'UnsortedSegmentSum',
  'DepthwiseConv2dNativeBackpropFilter',
  'DepthwiseConv2dNativeBackpropInput',
]

type Call = { inputs: tf.NamedTensorInfoMap; attrs?: tf.NamedAttrMap; backend: unknown }

/** Registers them once; a kernel that a later tfjs brings itself is left alone. */
export function registerMissingKernels(): void {
  const has = (name: string): boolean => tf.getKernel(name, 'wasm') !== undefined
  if (!has('Conv2DBackpropFilter'))
    tf.registerKernel({
      kernelName: 'Conv2DBackpropFilter',
      backendName: 'wasm',
      kernelFunc: (call: Call) => filterGradient(call),
    })
  for (const name of borrowed) if (!has(name)) borrow(name)
}

/**
 * dW[h, w] = sum over images and places of x[shifted by h, w]^T dy: one product [inputs, places] x
 * [places, outputs] each.
 */
function filterGradient({ inputs, attrs }: Call): tf.TensorInfo {
  const x = inputs['x'] as tf.Tensor4D // [B, H, W, inputs]
  const dy = inputs['dy'] as tf.Tensor4D // [B, OH, OW, outputs]
  const filterShape = attrs?.['filterShape'] as [number, number, number, number] // [kh, kw, inputs, outputs]
  const { strides, pad, dimRoundingMode } = attrs as unknown as {
    strides: number | [number, number]
    pad: 'same' | 'valid' | number
    dimRoundingMode?: 'floor'
  }
  const info = tf.backend_util.computeConv2DInfo(
    x.shape,
    filterShape,
    strides,
    1,
    pad,
    dimRoundingMode,
  )
  return tf.tidy(() => {
    const { top, bottom, left, right } = info.padInfo
    const flatDy = tf.reshape(asTensor(dy), [-1, info.outChannels])
    const padded = tf.pad(asTensor(x), [[0, 0], [top, bottom], [left, right], [0, 0]]) // prettier-ignore
    const products: tf.Tensor[] = []
    for (let row = 0; row < info.filterHeight; row++)
      for (let column = 0; column < info.filterWidth; column++)
        products.push(tf.matMul(patch(padded, row, column, info), flatDy, true, false)) // [inputs, outputs]
    return tf.reshape(tf.stack(products), filterShape)
  })
}

/** The inputs that meet kernel position (row, column): [B * OH * OW, inputs]. */
function patch(
  padded: tf.Tensor,
  row: number,
  column: number,
  info: tf.backend_util.Conv2DInfo,
): tf.Tensor2D {
  const lastRow = row + (info.outHeight - 1) * info.strideHeight + 1
  const lastColumn = column + (info.outWidth - 1) * info.strideWidth + 1
  const taken = tf.stridedSlice(
    padded,
    [0, row, column, 0],
    [info.batchSize, lastRow, lastColumn, info.inChannels],
    [1, info.strideHeight, info.strideWidth, 1],
  )
  return tf.reshape(taken, [-1, info.inChannels])
}

/** Kernels are handed tensors or bare descriptions of them; ops want tensors. */
function asTensor(info: tf.TensorInfo): tf.Tensor {
  return info instanceof tf.Tensor ? info : tf.engine().makeTensorFromTensorInfo(info)
}

/** Runs the cpu backend's kernel on copies of the inputs and copies the result back. */
function borrow(kernelName: string): void {
  const kernel = tf.getKernel(kernelName, 'cpu')
  if (kernel === undefined) return
  tf.registerKernel({
    kernelName,
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs, backend }: Call) => {
      const wasm = backend as tf.KernelBackend
      const cpu = tf.findBackend('cpu')
      const copies: tf.NamedTensorInfoMap = {}
      for (const [name, info] of Object.entries(inputs)) {
        if (info === undefined) continue
        copies[name] = {
          dataId: cpu.write(wasm.readSync(info.dataId), info.shape, info.dtype),
          shape: info.shape,
          dtype: info.dtype,
        }
      }
      const result = kernel.kernelFunc({
        inputs: copies,
        attrs: attrs ?? {},
        backend: cpu,
      }) as tf.TensorInfo
      const dataId = wasm.write(cpu.readSync(result.dataId), result.shape, result.dtype)
      for (const used of [...Object.values(copies), result])
        if (used !== undefined) cpu.disposeData(used.dataId)
      return { dataId, shape: result.shape, dtype: result.dtype }
    },
  })
}
