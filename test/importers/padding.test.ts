// What docs/latent-file.md says of padding, on the operations that the engine uses: a network
// trained elsewhere has to pad like this, or its pictures shift by a pixel in each layer.
import { beforeAll, expect, test } from 'vitest'
import * as tf from '../../main/engine/tf.ts'
import { testBackend } from '../kit/backend.ts'

beforeAll(() => testBackend('js'))

const difference = (a: tf.Tensor, b: tf.Tensor) => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!
const edges = (before: number, after: number): [number, number][] => [[0, 0], [before, after], [before, after], [0, 0]] // prettier-ignore

test('kernel 3, stride 2, 28 pixels: none before and one after, not one on each side', () => {
  const x = tf.randomNormal([1, 28, 28, 2], 0, 1, 'float32', 1) as tf.Tensor4D
  const kernel = tf.randomNormal([3, 3, 2, 4], 0, 1, 'float32', 2) as tf.Tensor4D
  const engine = tf.conv2d(x, kernel, 2, 'same')
  const padded = (before: number, after: number) =>
    tf.conv2d(tf.pad(x, edges(before, after)) as tf.Tensor4D, kernel, 2, 'valid')
  expect(difference(engine, padded(0, 1))).toBeLessThan(1e-5)
  const pytorch = padded(1, 1) // 14 x 14 as well, which is why nobody complains
  expect(pytorch.shape).toEqual(engine.shape)
  expect(difference(engine, pytorch)).toBeGreaterThan(0.1)
})

test('a transposed one is the whole one, cropped at its beginning', () => {
  const y = tf.randomNormal([1, 14, 14, 4], 0, 1, 'float32', 3) as tf.Tensor4D
  const kernel = tf.randomNormal([3, 3, 2, 4], 0, 1, 'float32', 4) as tf.Tensor4D
  const engine = tf.conv2dTranspose(y, kernel, [1, 28, 28, 2], 2, 'same')
  const whole = tf.conv2dTranspose(y, kernel, [1, 29, 29, 2], 2, 'valid')
  expect(difference(engine, tf.slice(whole, [0, 0, 0, 0], [1, 28, 28, 2]))).toBeLessThan(1e-5)
  expect(difference(engine, tf.slice(whole, [0, 1, 1, 0], [1, 28, 28, 2]))).toBeGreaterThan(0.1)
})
