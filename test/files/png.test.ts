// Our PNGs, read back by pngjs.
import { expect, test } from 'vitest'
import { PNG } from 'pngjs'
import { pngBytes } from '../../main/files/png.ts'
import { mosaic } from '../../main/files/tiles.ts'

test('grey pixels come back from an independent reader', () => {
  const pixels = Uint8Array.from({ length: 37 * 11 }, (_, index) => (index * 7919) % 256)
  const read = PNG.sync.read(Buffer.from(pngBytes({ width: 37, height: 11, channels: 1, pixels })))
  expect([read.width, read.height]).toEqual([37, 11])
  for (let index = 0; index < pixels.length; index++)
    expect([...read.data.subarray(index * 4, index * 4 + 4)]).toEqual([
      pixels[index],
      pixels[index],
      pixels[index],
      255,
    ])
})

test('RGB pixels come back from an independent reader', () => {
  const pixels = Uint8Array.from({ length: 5 * 3 * 3 }, (_, index) => (index * 31) % 256)
  const read = PNG.sync.read(Buffer.from(pngBytes({ width: 5, height: 3, channels: 3, pixels })))
  const rgb = [...read.data].filter((_, index) => index % 4 !== 3)
  expect(rgb).toEqual([...pixels])
})

test('pixels that do not fill the picture are refused', () => {
  const make = (width: number, height: number, channels: number, length: number) => () =>
    pngBytes({ width, height, channels, pixels: new Uint8Array(length) })
  expect(make(2, 2, 1, 3)).toThrow(
    /expected a picture of 1 or 3 channels .* found 2 x 2 x 1 with 3/,
  )
  expect(make(2, 2, 2, 8)).toThrow(/1 or 3 channels/)
  expect(make(0, 2, 1, 0)).toThrow(/width x height/)
  expect(make(70_000, 1, 1, 70_000)).toThrow(/found 70000/)
})

test('tiles lie in reading order', () => {
  // three tiles of 2 x 1 in two columns; the fourth place stays black
  const picture = mosaic(
    { width: 2, height: 1, channels: 1, count: 3, pixels: Uint8Array.of(1, 2, 3, 4, 5, 6) },
    2,
  )
  expect(picture).toEqual({
    width: 4,
    height: 2,
    channels: 1,
    pixels: Uint8Array.of(1, 2, 3, 4, 5, 6, 0, 0),
  })
})

test('tiles of two rows and three channels keep their rows', () => {
  const pixels = Uint8Array.from({ length: 2 * 2 * 1 * 3 }, (_, index) => index) // 2 tiles, 2 rows, 1 column, RGB
  expect([...mosaic({ width: 1, height: 2, channels: 3, count: 2, pixels }, 2).pixels]).toEqual([
    0, 1, 2, 6, 7, 8, 3, 4, 5, 9, 10, 11,
  ])
})
