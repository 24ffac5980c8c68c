// Tiles land where they belong, grey stays grey, and a frame whose bytes do not fit is refused.
import { describe, expect, it } from 'vitest'
import {
  crispSide,
  emptyPicture,
  frameTiles,
  meanGrey,
  pictureOf,
  placeTiles,
  tileAt,
  type Tiles,
} from '../../../renderer/draw/tiles.ts'

// four tiles of 2 x 1 pixels: 10 11, 20 21, 30 31, 40 41
const four: Tiles = {
  count: 4,
  width: 2,
  height: 1,
  channels: 1,
  pixels: new Uint8Array([10, 11, 20, 21, 30, 31, 40, 41]),
}
const reds = (rgba: Uint8ClampedArray) => [...rgba].filter((_, i) => i % 4 === 0)

describe('tiles', () => {
  it('are laid out in reading order, in true grey, opaque', () => {
    const picture = pictureOf(four, 2)
    expect([picture.width, picture.height]).toEqual([4, 2])
    expect(reds(picture.rgba)).toEqual([10, 11, 20, 21, 30, 31, 40, 41])
    for (let i = 0; i < picture.rgba.length; i += 4)
      expect([...picture.rgba.slice(i + 1, i + 4)]).toEqual([picture.rgba[i], picture.rgba[i], 255])
  })

  it('go on from a tile of the grid, so that a manifold can come by rows', () => {
    const picture = emptyPicture(4, 2)
    placeTiles(picture, { ...four, count: 2 }, 2, 2)
    expect(reds(picture.rgba)).toEqual([0, 0, 0, 0, 10, 11, 20, 21])
  })

  it('keep three channels apart', () => {
    const picture = pictureOf(
      { count: 1, width: 1, height: 1, channels: 3, pixels: new Uint8Array([1, 2, 3]) },
      1,
    )
    expect([...picture.rgba]).toEqual([1, 2, 3, 255])
  })

  it('are found by their index', () => {
    expect([...tileAt(four, 2).pixels]).toEqual([30, 31])
    expect(meanGrey(tileAt(four, 2))).toBe(30.5)
  })
})

describe('frameTiles', () => {
  const frame = { step: 7, grid: 2, tileWidth: 2, tileHeight: 1, reconstructions: 1 }

  it('takes a frame apart: manifold, originals, reconstructions', () => {
    const parts = frameTiles(frame, new Uint8Array([10, 11, 20, 21, 30, 31, 40, 41, 5, 6, 7, 8]))
    expect(parts.manifold.count).toBe(4)
    expect([...parts.manifold.pixels]).toEqual([...four.pixels])
    expect([...parts.originals.pixels]).toEqual([5, 6])
    expect([...parts.reconstructions.pixels]).toEqual([7, 8])
  })

  it('refuses bytes that do not fit', () => {
    expect(() => frameTiles(frame, new Uint8Array(11))).toThrow(/12|6 tiles/)
  })
})

describe('crispSide', () => {
  it('takes a whole multiple of the picture where one comes near, else the room', () => {
    expect(crispSide(560, 590, 1)).toBe(560)
    expect(crispSide(560, 600, 2)).toBe(560)
    expect(crispSide(560, 700, 1)).toBe(700)
    expect(crispSide(560, 310.5, 1)).toBe(310)
  })
})
