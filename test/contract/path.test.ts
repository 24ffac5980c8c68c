// Lerp, slerp and paths of several legs against SciPy (test/reference-other/paths.py), and the
// cases without a great circle.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { interpolatePath, lerp, slerp } from '../../preload/contract/path.ts'
import { expectClose } from '../kit/reference.ts'

interface Case {
  points: number[][]
  steps: number
  lerp: number[][]
  slerp: number[][]
}

const cases = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', 'reference-other', 'path.json'), 'utf8'),
) as Case[]
const length = (point: number[]) => Math.hypot(...point)

describe.each(cases)('$points.length points, $steps steps', ({ points, steps, ...expected }) => {
  test.each(['lerp', 'slerp'] as const)('%s as SciPy walks it', (mode) => {
    const path = interpolatePath(points, steps, mode)
    expect(path).toHaveLength((points.length - 1) * (steps - 1) + 1)
    expectClose(path.flat(), expected[mode], 1e-12, 1e-12)
  })

  test.each(['lerp', 'slerp'] as const)('%s holds the points given exactly', (mode) => {
    const path = interpolatePath(points, steps, mode)
    expect(points.map((_, leg) => path[leg * (steps - 1)])).toEqual(points)
  })
})

test('slerp keeps the length where both ends have it, lerp falls below it', () => {
  const [a, b] = [
    [3, 4],
    [-4, 3],
  ]
  for (const t of [0.1, 0.5, 0.9]) {
    expect(length(slerp(a, b, t))).toBeCloseTo(5, 12)
    expect(length(lerp(a, b, t))).toBeLessThan(4.7)
  }
})

test('slerp is the straight line where no great circle is defined', () => {
  const pairs: [number[], number[]][] = [
    [[1, 2], [2, 4]], // one direction
    [[1, 2], [-2, -4]], // opposite
    [[1, 2], [1 + 1e-9, 2]],
    [[0, 0], [1, 1]],
    [[0, 0], [0, 0]],
    [[-1.5], [2]],
  ] // prettier-ignore
  for (const [a, b] of pairs)
    for (const t of [0, 0.3, 1]) expect(slerp(a, b, t)).toEqual(lerp(a, b, t))
})

test('slerp goes over into the line without a jump', () => {
  for (const tilt of [1e-8, 1e-7, 1e-6, 1e-5, 1e-4]) {
    const [a, b] = [
      [1, 0],
      [2 * Math.cos(tilt), 2 * Math.sin(tilt)],
    ]
    expectClose(slerp(a, b, 0.25), lerp(a, b, 0.25), 0, 1e-8)
  }
})

test('a single point is a path, and the path is a copy', () => {
  const point = [1, 2]
  const path = interpolatePath([point], 12, 'slerp')
  expect(path).toEqual([[1, 2]])
  path[0]![0] = 9
  expect(point).toEqual([1, 2])
})
