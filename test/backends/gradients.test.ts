// The kernels that a training step needs, on wasm and js: against each other and, for those that
// wasm lacks, against the JavaScript backend over strides, paddings and sizes.
import { beforeAll, describe, expect, test } from 'vitest'
import * as tf from '../../main/engine/tf.ts'
import { wrongAnswer } from '../../main/backends/answer.ts'
import { expected } from '../../main/backends/known-answer.ts'
import { loadPortable } from '../../main/backends/portable.ts'
import { expectClose } from '../kit/reference.ts'

beforeAll(async () => {
  await loadPortable('js')
  await loadPortable('wasm')
})

/** The same computation on both backends; `make` builds its tensors anew on each. */
async function onBoth(make: () => tf.Tensor[]): Promise<[Float32Array[], Float32Array[]]> {
  const results: Float32Array[][] = []
  for (const name of ['cpu', 'wasm']) {
    await tf.setBackend(name)
    const before = tf.memory().numTensors
    const tensors = tf.tidy(make)
    results.push(tensors.map((tensor) => Float32Array.from(tensor.dataSync())))
    tf.dispose(tensors)
    expect(tf.memory().numTensors, `tensors left on ${name}`).toBe(before)
  }
  return results as [Float32Array[], Float32Array[]]
}

/** Fixed numbers in (-1, 1): sin of a count, scaled. */
function values(shape: number[], seed: number): tf.Tensor {
  const size = shape.reduce((product, length) => product * length, 1)
  return tf.tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(seed + i * 12.9898)),
    shape,
  )
}

describe('the known answer', () => {
  test.each(['cpu', 'wasm'])('%s gives it', async (name) => {
    await tf.setBackend(name)
    expect(wrongAnswer(false)).toBe(null)
  })

  test('a changed expectation is noticed', async () => {
    await tf.setBackend('cpu')
    const kept = expected.firstWeight[3]!
    expected.firstWeight[3] = kept * 1.01
    try {
      expect(wrongAnswer(false)).toContain('gradient of the first weight')
    } finally {
      expected.firstWeight[3] = kept
    }
  })
})

describe('gradients of a convolution on wasm equal those of js', () => {
  const cases = [
    { input: [2, 8, 8, 3], filter: [3, 3, 3, 4], stride: 2, pad: 'same' },
    { input: [2, 7, 9, 1], filter: [3, 3, 1, 5], stride: 2, pad: 'same' },
    { input: [3, 6, 6, 2], filter: [4, 4, 2, 3], stride: 1, pad: 'same' },
    { input: [1, 9, 7, 2], filter: [3, 2, 2, 3], stride: 2, pad: 'valid' },
    { input: [2, 5, 5, 2], filter: [1, 1, 2, 2], stride: 1, pad: 'valid' },
  ] as const
  test.each(cases)(
    'input $input, kernel $filter, stride $stride, $pad',
    async ({ input, filter, stride, pad }) => {
      const [js, wasm] = await onBoth(() => {
        const loss = (...[x, w]: tf.Tensor[]): tf.Scalar =>
          tf.sum(tf.square(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad)))
        return tf.grads(loss)([values([...input], 1), values([...filter], 2)])
      })
      for (const [i, name] of ['input', 'kernel'].entries())
        expectClose(wasm[i]!, [...js[i]!], 1e-4, 1e-4, name)
    },
  )

  test('transposed', async () => {
    const [js, wasm] = await onBoth(() => {
      const loss = (...[x, w]: tf.Tensor[]): tf.Scalar =>
        tf.sum(
          tf.square(
            tf.conv2dTranspose(x as tf.Tensor4D, w as tf.Tensor4D, [2, 8, 8, 3], 2, 'same'),
          ),
        )
      return tf.grads(loss)([values([2, 4, 4, 5], 3), values([3, 3, 3, 5], 4)])
    })
    for (const [i, name] of ['input', 'kernel'].entries())
      expectClose(wasm[i]!, [...js[i]!], 1e-4, 1e-4, name)
  })
})

test('the gradient of gather, borrowed from js', async () => {
  const [js, wasm] = await onBoth(() => {
    const rows = tf.tensor1d([2, 0, 2, 1], 'int32')
    return [
      tf.grad((x) => tf.sum(tf.mul(tf.gather(x, rows), values([4, 3], 5))))(values([3, 3], 6)),
    ]
  })
  expectClose(wasm[0]!, [...js[0]!], 1e-6)
})

test('every elementwise op of a step, with gradients', async () => {
  const ops: Record<string, (x: tf.Tensor) => tf.Tensor> = {
    softplus: tf.softplus,
    relu: tf.relu,
    sigmoid: tf.sigmoid,
    tanh: tf.tanh,
    exp: tf.exp,
    log: (x) => tf.log(tf.add(tf.abs(x), 0.5)),
    sqrt: (x) => tf.sqrt(tf.add(tf.abs(x), 0.5)),
    cos: tf.cos,
    sin: tf.sin,
    slice: (x) => tf.slice(x, [1, 0], [2, 3]),
    pad: (x) => tf.pad(x, [[1, 0], [0, 2]]), // prettier-ignore
    concat: (x) => tf.concat([x, tf.square(x)], 1),
    addN: (x) => tf.addN([x, x, tf.square(x)]),
    squaredDifference: (x) => tf.squaredDifference(x, 0.3),
    maximum: (x) => tf.maximum(x, 0.1),
    logSumExp: (x) => tf.logSumExp(x, 1),
    mean: (x) => tf.mean(x, 0),
    where: (x) => tf.where(tf.greater(values([4, 3], 8), 0), x, tf.square(x)),
    transpose: (x) => tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D, false, true),
    stack: (x) => tf.stack(tf.unstack(x)),
  }
  for (const [name, op] of Object.entries(ops)) {
    const [js, wasm] = await onBoth(() => [
      tf.grad((x) => tf.sum(tf.mul(op(x), op(x))))(values([4, 3], 7)),
    ])
    expectClose(wasm[0]!, [...js[0]!], 1e-4, 1e-5, name)
  }
})
