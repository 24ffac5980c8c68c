// Records what a function of tensors does on the native backend: every operation that crosses into
// the binding, with the constants made on the way. The function must be one whose numbers do not
// change from call to call.
import * as tf from '@tensorflow/tfjs-core'
import type {
  NativeBackend,
  NativeBinding,
  NativeTensor,
  OpAttribute,
} from '../backends/nativeBackend.ts'

export interface RecordedOp {
  name: string
  attributes: OpAttribute[]
  /** Ids of the binding's tensors. */
  inputs: number[]
  outputs: NativeTensor[]
}

export interface RecordedConstant {
  shape: number[]
  dtype: number
  bytes: Uint8Array
}

export interface Recording {
  ops: RecordedOp[]
  constants: Map<number, RecordedConstant>
  inputs: number[]
  outputs: number[]
}

/**
 * Runs `run` once, which computes its result from `inputs` alone. The result's tensors are disposed
 * of.
 */
export function record(
  native: NativeBackend,
  inputs: tf.Tensor[],
  run: () => tf.Tensor[],
): Recording {
  const inputIds = native.getInputTensorIds(inputs) // uploads them now, so that they are not taken for constants
  const ops: RecordedOp[] = []
  const constants = new Map<number, RecordedConstant>()
  const binding = native.binding
  native.binding = recordingBinding(binding, ops, constants)
  try {
    const results = run()
    const outputs = native.getInputTensorIds(results)
    tf.dispose(results)
    return { ops, constants, inputs: inputIds, outputs }
  } finally {
    native.binding = binding
  }
}

// The binding's own properties are read-only, so a proxy of a fresh object stands in for it.
function recordingBinding(
  binding: NativeBinding,
  ops: RecordedOp[],
  constants: Map<number, RecordedConstant>,
): NativeBinding {
  const executeOp: NativeBinding['executeOp'] = (name, attributes, inputs, count) => {
    const outputs = binding.executeOp(name, attributes, inputs, count)
    ops.push({ name, attributes, inputs: [...inputs], outputs })
    return outputs
  }
  const createTensor: NativeBinding['createTensor'] = (shape, dtype, values) => {
    const id = binding.createTensor(shape, dtype, values)
    constants.set(id, { shape: [...shape], dtype, bytes: bytesOf(values) })
    return id
  }
  return new Proxy({} as NativeBinding, {
    get(_, key) {
      if (key === 'executeOp') return executeOp
      if (key === 'createTensor') return createTensor
      const value = binding[key as keyof NativeBinding] as unknown
      return typeof value === 'function' ? (value.bind(binding) as unknown) : value
    },
  })
}

function bytesOf(values: ArrayLike<number> | NodeJS.TypedArray): Uint8Array {
  if (!ArrayBuffer.isView(values)) throw new Error('expected a typed array as a constant')
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice()
}
