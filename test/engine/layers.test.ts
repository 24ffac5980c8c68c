// The layers' own forms against tfjs's usual ones: values and both gradients.
import { beforeAll, expect, test } from 'vitest'
import { addBias, relu, transposedToFew } from '../../main/engine/layers.ts'
import * as tf from '../../main/engine/tf.ts'
import { testBackend } from '../kit/backend.ts'

beforeAll(async () => {
  await testBackend()
})

const values = (shape: number[], seed: number) =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, (_, i) =>
      Math.sin(seed + 12.9898 * i),
    ),
    shape,
  )

type Pair = (x: tf.Tensor, parameter: tf.Tensor) => tf.Tensor

/** Value and gradients of both forms, from the same inputs and the same gradient of the result. */
function bothForms(ours: Pair, usual: Pair, x: number[], parameter: number[]): void {
  const [a, b] = [ours, usual].map((form) =>
    tf.tidy(() => {
      const inputs = [values(x, 1), values(parameter, 2)]
      const value = form(inputs[0]!, inputs[1]!)
      const gradients = tf.grads((x, p) => form(x!, p!))(inputs, values(value.shape, 3))
      return [value, ...gradients].map((tensor) => ({
        shape: tensor.shape,
        values: [...tensor.dataSync()],
      }))
    }),
  ) as [{ shape: number[]; values: number[] }[], { shape: number[]; values: number[] }[]]
  a.forEach((found, index) => {
    expect(found.shape).toEqual(b[index]!.shape)
    found.values.forEach((value, at) => expect(value).toBeCloseTo(b[index]!.values[at]!, 4))
  })
}

test('a bias is added along the last axis', () => {
  bothForms(addBias, (x, bias) => tf.add(x, bias), [3, 4, 5, 6], [6])
  bothForms(addBias, (x, bias) => tf.add(x, bias), [7, 6], [6])
})

test('relu passes the gradient where its result is positive', () => {
  bothForms(
    (x, y) => relu(tf.mul(x, y)),
    (x, y) => tf.relu(tf.mul(x, y)),
    [5, 6],
    [5, 6],
  )
})

test.each([
  { x: [2, 7, 5, 4], weight: [3, 3, 1, 4] },
  { x: [2, 6, 6, 3], weight: [3, 3, 3, 3] },
  { x: [1, 8, 9, 2], weight: [5, 5, 2, 2] },
])('a transposed convolution of stride 1, %o', ({ x, weight }) => {
  const usual: Pair = (input, kernel) =>
    tf.conv2dTranspose(
      input as tf.Tensor4D,
      kernel as tf.Tensor4D,
      [x[0]!, x[1]!, x[2]!, weight[2]!] as [number, number, number, number],
      1,
      'same',
    )
  bothForms(
    (input, kernel) => transposedToFew(input as tf.Tensor4D, kernel as tf.Tensor4D),
    usual,
    x,
    weight,
  )
})

test('nothing is left behind', () => {
  const before = tf.memory().numTensors
  tf.tidy(() => {
    const [x, w, b] = [values([2, 6, 6, 3], 1), values([3, 3, 1, 3], 2), values([1], 3)]
    const gradient = tf.grads((x, w, b) =>
      relu(addBias(transposedToFew(x as tf.Tensor4D, w as tf.Tensor4D), b!)),
    )
    gradient([x, w, b])
  })
  expect(tf.memory().numTensors).toBe(before)
})
