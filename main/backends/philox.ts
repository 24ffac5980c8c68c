// Philox4x32-10 uniforms on the native backend, as TensorFlow ops: the words by
// StatelessRandomUniformFullIntV2 (alg 1 is Philox), everything after them exact integer and
// power-of-two arithmetic. So they equal the TypeScript words bit for bit, one op at a time, in a
// recorded graph and under XLA. All ops go through `backend.binding`, where a recorder sees them.
import * as tf from '../engine/tf.ts'
import type { NativeBackend, OpAttribute } from './nativeBackend.ts'

const int32 = 3 // TensorFlow's numbers of data types
const float32 = 1
const uint64 = 23
const philoxAlgorithm = 1

export const uniform24Kernel = 'PhiloxUniform24'
export const uniform16Kernel = 'PhiloxUniform16'

/**
 * `count` uniforms in [0, 1), one word each: (word >>> 8) * 2^-24. key int32 [2] (low, high),
 * counter int32 [4] (least significant first; it grows by one every four words). Native backend
 * only.
 */
export function uniform24(key: tf.Tensor, counter: tf.Tensor, count: number): tf.Tensor1D {
  return tf.engine().runKernel(uniform24Kernel, { key, counter } as unknown as tf.NamedTensorMap, {
    count,
  }) as tf.Tensor1D
}

/**
 * `count` uniforms in [0, 1), two a word, the low 16 bits first: half * 2^-16. Shapes as in
 * `uniform24`.
 */
export function uniform16(key: tf.Tensor, counter: tf.Tensor, count: number): tf.Tensor1D {
  return tf.engine().runKernel(uniform16Kernel, { key, counter } as unknown as tf.NamedTensorMap, {
    count,
  }) as tf.Tensor1D
}

type Inputs = { inputs: tf.NamedTensorInfoMap; attrs?: tf.NamedAttrMap; backend: unknown }

/** Makes both kernels known for a backend of the native kind. */
export function registerPhilox(backendName: string): void {
  const kernel = (
    kernelName: string,
    run: (ops: Ops, words: number, count: number) => number,
    wordsOf: (count: number) => number,
  ): void =>
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs, backend }: Inputs) => {
        const count = Number(attrs?.['count'])
        const { key, counter } = inputs
        if (!key || !counter) throw new Error(`${kernelName} expects key and counter`)
        const ops = new Ops(backend as NativeBackend)
        const words = drawWords(ops, key, counter, wordsOf(count))
        return ops.finish(run(ops, words, count))
      },
    })
  kernel(uniform24Kernel, takeHigh24, (count) => count)
  kernel(uniform16Kernel, takeHalves, (count) => Math.ceil(count / 2))
}

/** [count] int32 holding the bits of the uint32 words. */
function drawWords(ops: Ops, key: tf.TensorInfo, counter: tf.TensorInfo, count: number): number {
  const [keyId, counterId] = ops.idsOf([key, counter])
  const key64 = ops.bitcast64(ops.reshape(keyId!, [1, 2])) // uint64 [1]
  const counter64 = ops.bitcast64(ops.reshape(counterId!, [2, 2])) // uint64 [2]
  const inputs = [ops.constant([1], [count]), key64, counter64, ops.constant([], [philoxAlgorithm])]
  return ops.run(
    'StatelessRandomUniformFullIntV2',
    [ops.type('dtype', int32), ops.type('Tshape', int32)],
    inputs,
  )
}

/**
 * (word >>> 8) * 2^-24, [count] float32. The mask undoes the sign that int32's shift drags along.
 */
function takeHigh24(ops: Ops, words: number): number {
  const shifted = ops.integer('BitwiseAnd', ops.integer('RightShift', words, 8), 0xffffff)
  return ops.scale(shifted, 2 ** -24)
}

/**
 * Low half, high half, low half ... * 2^-16, [count] float32. A Bitcast to uint16 would do the same
 * in one op, 0.4 ms faster for 100,000 numbers in a graph and 0.6 ms slower under XLA, where the
 * fast modes run: so two shifts and a Pack.
 */
function takeHalves(ops: Ops, words: number, count: number): number {
  const low = ops.integer('BitwiseAnd', words, 0xffff)
  const high = ops.integer('BitwiseAnd', ops.integer('RightShift', words, 16), 0xffff)
  const attributes = [ops.int('N', 2), ops.type('T', int32), ops.int('axis', 1)]
  const pairs = ops.run('Pack', attributes, [low, high]) // [words, 2]
  const halves = ops.reshape(pairs, [Math.ceil(count / 2) * 2])
  if (count % 2 === 0) return ops.scale(halves, 2 ** -16)
  const inputs = [halves, ops.constant([1], [0]), ops.constant([1], [count])]
  return ops.scale(
    ops.run('Slice', [ops.type('T', int32), ops.type('Index', int32)], inputs),
    2 ** -16,
  )
}

/** Ops on the binding's own tensors: tfjs knows no uint64, so these never become tfjs tensors. */
class Ops {
  private readonly backend: NativeBackend
  private readonly owned: number[] = []
  private last: { id: number; shape: number[]; dtype: number } | null = null

  constructor(backend: NativeBackend) {
    this.backend = backend
  }

  idsOf(tensors: tf.TensorInfo[]): number[] {
    return this.backend.getInputTensorIds(tensors)
  }

  run(name: string, attributes: OpAttribute[], inputs: number[]): number {
    const output = this.backend.binding.executeOp(name, attributes, inputs, 1)[0]!
    this.owned.push(output.id)
    this.last = output
    return output.id
  }

  constant(shape: number[], values: number[]): number {
    const id = this.backend.binding.createTensor(shape, int32, Int32Array.from(values))
    this.owned.push(id)
    return id
  }

  type(name: string, value: number): OpAttribute {
    return { name, type: this.backend.binding.TF_ATTR_TYPE, value }
  }

  int(name: string, value: number): OpAttribute {
    return { name, type: this.backend.binding.TF_ATTR_INT, value }
  }

  reshape(id: number, shape: number[]): number {
    const wanted = this.constant([shape.length], shape)
    return this.run('Reshape', [this.type('T', int32), this.type('Tshape', int32)], [id, wanted])
  }

  /** int32 [n, 2] to uint64 [n], the first of each pair being the low half. */
  bitcast64(id: number): number {
    return this.run('Bitcast', [this.type('T', int32), this.type('type', uint64)], [id])
  }

  integer(name: 'BitwiseAnd' | 'RightShift', id: number, value: number): number {
    return this.run(name, [this.type('T', int32)], [id, this.constant([], [value])])
  }

  /** int32 to float32 (exact below 2^24) times a power of two (exact). */
  scale(id: number, factor: number): number {
    const floats = this.run(
      'Cast',
      [this.type('SrcT', int32), this.type('DstT', float32), this.bool('Truncate', false)],
      [id],
    )
    const factorId = this.backend.binding.createTensor([], float32, Float32Array.of(factor))
    this.owned.push(factorId)
    return this.run('Mul', [this.type('T', float32)], [floats, factorId])
  }

  /** Frees all but the last output and hands that to tfjs. */
  finish(id: number): tf.Tensor {
    const output = this.last
    if (output === null || output.id !== id) throw new Error('the result must be the last op')
    for (const owned of this.owned) if (owned !== id) this.backend.binding.deleteTensor(owned)
    return this.backend.createOutputTensor(output)
  }

  private bool(name: string, value: boolean): OpAttribute {
    return { name, type: this.backend.binding.TF_ATTR_BOOL, value }
  }
}
