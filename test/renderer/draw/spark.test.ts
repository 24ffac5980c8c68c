// The small curve of a run: what it shows once the steep beginning is over.
import { expect, test } from 'vitest'
import { sparkPoints } from '../../../renderer/draw/spark.ts'

const size = { width: 126, height: 26, part: 1 }

test('after the first 5 % the scale is that of the rest, at the places where the steps are', () => {
  // 400 nats at first, then 110 falling to 100
  const values = Array.from({ length: 60 }, (_, i) => (i < 3 ? 400 : 110 - (10 * (i - 3)) / 56))
  const points = sparkPoints(values, size)
  expect(points).toHaveLength(57)
  expect(points[0]!.x).toBeCloseTo(3 + (120 * 3) / 59)
  expect(points[0]!.y).toBeCloseTo(3)
  expect(points.at(-1)).toEqual({ x: 123, y: 23 })
})

test('few values are all shown, and numbers that are none are left out in place', () => {
  expect(sparkPoints([4, NaN, 2, Infinity, 3], size).map(({ x }) => x)).toEqual([3, 63, 123])
  expect(sparkPoints([], size)).toEqual([])
  expect(sparkPoints([7], size)).toEqual([{ x: 3, y: 23 }])
})

test('a run under way takes its part of the width', () => {
  expect(sparkPoints([3, 2, 1], { ...size, part: 0.5 }).at(-1)!.x).toBeCloseTo(63)
})
