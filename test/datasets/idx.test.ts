// The IDX reader on whole and on damaged files, built here byte by byte.
import { describe, expect, test } from 'vitest'
import { pairIdx, parseIdx } from '../../main/datasets/idx.ts'
import { StudioError } from '../../preload/contract/errors.ts'

function idx(type: number, shape: number[], values: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + values.length)
  bytes.set([0, 0, type, shape.length])
  shape.forEach((size, axis) => new DataView(bytes.buffer).setUint32(4 + 4 * axis, size))
  bytes.set(values, 4 + 4 * shape.length)
  return bytes
}

function errorOf(action: () => unknown): StudioError {
  try {
    action()
  } catch (error) {
    if (error instanceof StudioError) return error
    throw error
  }
  throw new Error('expected an error')
}

const images = idx(8, [2, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])

test('reads shape and elements', () => {
  const array = parseIdx(images, 'x', 3)
  expect(array.shape).toEqual([2, 2, 3])
  expect([...array.values]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  expect(array.values.buffer).toBe(images.buffer)
})

test('reads from a view that does not start at its buffer', () => {
  const padded = new Uint8Array(images.length + 5)
  padded.set(images, 5)
  expect(parseIdx(padded.subarray(5), 'x', 3).shape).toEqual([2, 2, 3])
})

describe('refuses', () => {
  const cases: [string, Uint8Array, RegExp][] = [
    ['an empty file', new Uint8Array(0), /at least 4 bytes, found 0/],
    ['a cut header', images.subarray(0, 9), /header of 16 bytes, found 9/],
    [
      'cut elements',
      images.subarray(0, images.length - 1),
      /28 bytes for 2 x 2 x 3 elements, found 27/,
    ],
    ['trailing bytes', new Uint8Array([...images, 0]), /28 bytes .* found 29 bytes/],
    [
      'another magic',
      new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0, 0]),
      /IDX header .* found 89 50 4e 47/,
    ],
    ['gzip', new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0]), /decompress it first/],
    ['another element type', idx(0x0d, [1], [0, 0, 0, 0]), /type uint8, found float32/],
    ['labels in place of images', idx(8, [3], [0, 1, 2]), /images .* found labels/],
    ['sizes beyond any file', idx(8, [0xffffffff, 0xffffffff, 2], []), /truncated/],
  ]
  test.each(cases)('%s', (_name, bytes, message) => {
    const error = errorOf(() => parseIdx(bytes, 'some-file', 3))
    expect(error.code).toBe('bad-dataset')
    expect(error.message).toMatch(/^some-file: expected .*, found /)
    expect(error.message).toMatch(message)
  })

  test('labels that do not belong to the images', () => {
    const pair = (labels: number[]) =>
      pairIdx(parseIdx(images, 'x'), parseIdx(idx(8, [labels.length], labels), 'y'), 10, 'pair')
    expect(pair([3, 9])).toEqual({ width: 3, height: 2, count: 2 })
    expect(errorOf(() => pair([3, 9, 1])).message).toMatch(
      /expected 2 labels, one for each image, found 3/,
    )
    expect(errorOf(() => pair([3, 10])).message).toMatch(/labels from 0 to 9, found 10 at index 1/)
  })
})
