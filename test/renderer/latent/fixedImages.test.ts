// The live strip shows the images that stored frames hold: one of each class in the order of the
// classes, then the first.
import { describe, expect, it } from 'vitest'
import { half } from '../../../renderer/components/latent/answers.ts'
import { fixedOf } from '../../../renderer/components/latent/fixedImages.ts'

describe('fixedOf', () => {
  it('takes the first of each class, then fills up with the first images', () => {
    expect(fixedOf([7, 2, 2, 0, 7, 1], 6)).toEqual([3, 5, 1, 0, 2, 4])
    const labels = Array.from({ length: 100 }, (_, i) => (i * 7) % 10)
    expect(fixedOf(labels, 100)).toHaveLength(10)
    expect(fixedOf(labels, 100).map((index) => labels[index])).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    ])
    expect(fixedOf(new Array<number>(100).fill(3), 100)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })
  it('takes the first images of data without labels', () => {
    expect(fixedOf([], 100)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(fixedOf([], 2)).toEqual([0, 1])
  })
})

describe('half', () => {
  it('takes originals and reconstructions apart', () => {
    const tiles = {
      count: 4,
      width: 1,
      height: 1,
      channels: 1,
      pixels: new Uint8Array([1, 2, 3, 4]),
    }
    expect([...half(tiles, false).pixels]).toEqual([1, 2])
    expect([...half(tiles, true).pixels]).toEqual([3, 4])
    expect(half(tiles, true).count).toBe(2)
  })
})
