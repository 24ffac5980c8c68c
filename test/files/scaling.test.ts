// Pictures at other sizes: blocks, uneven blocks, averages; values computed by hand.
import { expect, test } from 'vitest'
import { captioned, captionHeight } from '../../main/files/caption.ts'
import { magnified, scaledTo } from '../../main/files/scaling.ts'

const grey = (width: number, ...pixels: number[]) => ({
  width,
  height: pixels.length / width,
  channels: 1,
  pixels: Uint8Array.from(pixels),
})

test('a picture magnified has blocks', () => {
  const found = magnified(grey(2, 1, 2, 3, 4), 3)
  expect(found).toMatchObject({ width: 6, height: 6 })
  expect([...found.pixels]).toEqual([
    ...row(1, 2),
    ...row(1, 2),
    ...row(1, 2),
    ...row(3, 4),
    ...row(3, 4),
    ...row(3, 4),
  ])
  function row(left: number, right: number) {
    return [left, left, left, right, right, right]
  }
})

test('at a width that is no multiple each new pixel has the value under its middle', () => {
  expect([...scaledTo(grey(2, 10, 20), 5).pixels.subarray(0, 5)]).toEqual([10, 10, 20, 20, 20])
  expect(scaledTo(grey(2, 10, 20), 5)).toMatchObject({ width: 5, height: 3 })
})

test('colours stay together', () => {
  const picture = { width: 2, height: 1, channels: 3, pixels: Uint8Array.of(1, 2, 3, 4, 5, 6) }
  expect([...magnified(picture, 2).pixels.subarray(0, 12)]).toEqual([
    1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6,
  ])
  expect([...scaledTo(picture, 1).pixels]).toEqual([3, 4, 5]) // means 2.5, 3.5, 4.5, rounded
})

test('a smaller picture has the means of what its pixels cover', () => {
  expect([
    ...scaledTo(grey(4, 0, 10, 20, 30, 40, 50, 60, 70, 0, 0, 0, 0, 0, 0, 0, 0), 2).pixels,
  ]).toEqual([25, 45, 0, 0])
  // 3 -> 2: the middle column counts half on either side
  expect([...scaledTo(grey(3, 0, 90, 180, 0, 90, 180, 0, 90, 180), 2).pixels]).toEqual([
    30, 150, 30, 150,
  ])
})

test('the same width is the same picture', () => {
  const picture = grey(2, 1, 2)
  expect(scaledTo(picture, 2)).toBe(picture)
})

test('a caption stands under the picture and differs with its text', () => {
  const picture = grey(240, ...new Array<number>(240 * 2).fill(77))
  const [one, other] = [captioned(picture, 'step 1,200'), captioned(picture, 'step 1,300')]
  expect(one).toMatchObject({ width: 240, height: 2 + captionHeight(240) })
  expect([...one.pixels.subarray(0, 480)]).toEqual([...picture.pixels])
  expect(new Set(one.pixels.subarray(480))).toEqual(new Set([0, 255]))
  expect(one.pixels).not.toEqual(other.pixels)
})
