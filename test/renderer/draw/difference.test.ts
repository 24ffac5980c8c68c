// Differences of pictures: the ramp's ends and middle, which pixel takes which colour, pictures of
// other sizes.
import { expect, test } from 'vitest'
import { differenceOf, fullDifference, rampOf } from '../../../renderer/draw/difference.ts'
import { pictureOf, type Tiles } from '../../../renderer/draw/tiles.ts'

const ramp = rampOf([
  [0, 0, 0],
  [100, 200, 50],
  [255, 255, 255],
])
const grey = (...pixels: number[]): Tiles => ({
  count: 1,
  width: pixels.length,
  height: 1,
  channels: 1,
  pixels: Uint8Array.from(pixels),
})
const colourAt = (index: number) => [...new Uint8Array(ramp.buffer, 4 * index, 3)]
/** What is drawn of the difference, pixel by pixel. */
const drawn = (tiles: Tiles) => [...pictureOf(tiles, 1).rgba].filter((_, at) => at % 4 < 3)

test('a ramp goes evenly through its colours', () => {
  expect(ramp).toHaveLength(256)
  expect(ramp.every((word) => word >>> 24 === 255)).toBe(true)
  expect(colourAt(0)).toEqual([0, 0, 0])
  expect(colourAt(255)).toEqual([255, 255, 255])
  const middle = colourAt(128)
  expect(Math.abs(middle[1]! - 200)).toBeLessThanOrEqual(1)
})

test('equal pixels take the first colour, changes up or down the same one, large ones the last', () => {
  const found = differenceOf(grey(10, 60, 0, 255), grey(10, 10, 50, 0), ramp)!
  const half = Math.round((50 * 255) / fullDifference)
  expect(found.tiles).toMatchObject({ count: 1, width: 4, height: 1, channels: 1 })
  expect(drawn(found.tiles)).toEqual([
    ...colourAt(0),
    ...colourAt(half),
    ...colourAt(half),
    ...colourAt(255),
  ])
  expect(found.mean).toBe((0 + 50 + 50 + 255) / 4)
})

test('channels count by their mean', () => {
  const now: Tiles = {
    count: 1,
    width: 1,
    height: 1,
    channels: 3,
    pixels: Uint8Array.from([30, 0, 60]),
  }
  const before: Tiles = { ...now, pixels: Uint8Array.from([0, 0, 0]) }
  expect(drawn(differenceOf(now, before, ramp)!.tiles)).toEqual(
    colourAt(Math.round((30 * 255) / fullDifference)),
  )
})

test('pictures of other sizes have no difference', () => {
  expect(differenceOf(grey(1, 2), grey(1), ramp)).toBeNull()
  expect(differenceOf(grey(), grey(), ramp)).toBeNull()
})
