// Layouts and sizes of saved pictures: where each tile lands, that enlarging repeats pixels and
// shrinking takes means.
import { expect, test } from 'vitest'
import {
  layoutPicture,
  layoutSize,
  resizedPicture,
  wholeMultiple,
} from '../../../renderer/draw/layout.ts'
import type { Picture, Tiles } from '../../../renderer/draw/tiles.ts'
import { scaledTo } from '../../../main/files/scaling.ts'

const tiles = (count: number, first: number, channels = 1): Tiles => ({
  count,
  width: 2,
  height: 2,
  channels,
  pixels: Uint8Array.from({ length: count * 4 * channels }, (_, i) => first + i),
})
const redAt = ({ width, rgba }: Picture, x: number, y: number) => rgba[4 * (y * width + x)]

test('sheets lie under each other and columns beside each other, a gap between them', () => {
  const layout = [
    [
      { tiles: tiles(4, 10), columns: 2 },
      { tiles: tiles(2, 100), columns: 2 },
    ],
    [{ tiles: tiles(1, 200), columns: 1 }],
  ]
  expect(layoutSize(layout)).toEqual({ width: 4 + 1 + 2, height: 4 + 1 + 2 })
  const picture = layoutPicture(layout)
  expect([picture.width, picture.height]).toEqual([7, 7])
  expect(redAt(picture, 0, 0)).toBe(10)
  expect(redAt(picture, 3, 3)).toBe(10 + 15) // last pixel of the fourth tile
  expect(redAt(picture, 2, 4)).toBe(0) // the gap
  expect(redAt(picture, 2, 5)).toBe(104) // second tile of the lower sheet
  expect(redAt(picture, 5, 0)).toBe(200)
  expect(redAt(picture, 5, 6)).toBe(0) // the shorter column ends
  expect(picture.rgba.filter((_, i) => i % 4 === 3).every((alpha) => alpha === 255)).toBe(true)
})

test('empty columns take no room', () => {
  expect(layoutSize([[], [{ tiles: tiles(1, 0), columns: 1 }]])).toEqual({ width: 2, height: 2 })
  expect(layoutSize([])).toEqual({ width: 0, height: 0 })
})

test('any width gives what the command line gives for it', () => {
  const picture = layoutPicture([[{ tiles: tiles(6, 3, 3), columns: 3 }]])
  const pixels = new Uint8Array(picture.rgba)
  for (const width of [1, 2, 5, 6, 7, 13, 24, 60]) {
    const ours = resizedPicture(picture, width)
    const theirs = scaledTo({ width: 6, height: 4, channels: 4, pixels }, width)
    expect([ours.width, ours.height], `${width}`).toEqual([theirs.width, theirs.height])
    const most = ours.rgba.reduce(
      (worst, value, i) => Math.max(worst, Math.abs(value - theirs.pixels[i]!)),
      0,
    )
    // sums of halves may round to either side
    expect(most, `${width}`).toBeLessThanOrEqual(width < 6 ? 1 : 0)
  }
})

test('no new colours come up where a picture grows', () => {
  const picture = layoutPicture([[{ tiles: tiles(4, 0), columns: 2 }]])
  const before = new Set(picture.rgba)
  expect(resizedPicture(picture, 11).rgba.every((value) => before.has(value))).toBe(true)
})

test('the usual width is a whole multiple', () => {
  expect([wholeMultiple(560, 1200), wholeMultiple(84, 1200), wholeMultiple(5000, 560)]).toEqual([
    1120, 1176, 5000,
  ])
})
