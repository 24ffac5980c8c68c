// Pictures from outside, resized and placed as OpenCV, SciPy and Pillow do it
// (test/reference-other/pictures.py).
import { describe, expect, it } from 'vitest'
import {
  borderMean,
  bytesOfGrey,
  centredSubject,
  centreOfMass,
  contained,
  greyOf,
  inverted,
  resized,
  type Grey,
} from '../../../renderer/draw/grey.ts'
import reference from '../../reference-other/pictures.json' with { type: 'json' }

const grey = (width: number, height: number, values: readonly number[]): Grey => ({
  width,
  height,
  values: Float32Array.from(values),
})
const farthest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)))

describe('grey pictures', () => {
  it.each(reference.resized)(
    'resize $width x $height to $toWidth x $toHeight as OpenCV does',
    (one) => {
      const small = resized(grey(one.width, one.height, one.values), one.toWidth, one.toHeight)
      expect(small.values).toHaveLength(one.resized.length)
      expect(farthest(small.values, one.resized)).toBeLessThan(2e-3)
    },
  )

  it('place a subject as MNIST does: box of 20, centre of mass in the middle', () => {
    const { width, height, values, placed, mass } = reference.subject
    const found = centredSubject(grey(width, height, values), 28, 28)!
    expect(farthest(found.values, placed)).toBeLessThan(2e-3)
    const [x, y] = centreOfMass(found)
    expect(Math.max(Math.abs(x - 13.5), Math.abs(y - 13.5))).toBeLessThanOrEqual(0.5 + 1e-6)
    expect(mass[0]).toBeGreaterThan(0)
  })

  it('find no subject on an even ground', () => {
    expect(centredSubject(grey(30, 30, Array(900).fill(0)), 28, 28)).toBeNull()
    expect(centredSubject(grey(30, 30, Array(900).fill(5)), 28, 28)).toBeNull()
  })

  it('keep a subject inside whatever its mass is', () => {
    const values = Array.from({ length: 400 }, (_, i) => (i % 20 === 0 || i === 19 ? 255 : 0))
    const found = centredSubject(grey(20, 20, values), 28, 28)!
    const sum = (all: Float32Array) => all.reduce((total, value) => total + value, 0)
    expect(sum(found.values)).toBeCloseTo(sum(Float32Array.from(values)), 3)
  })

  it('turn colours into grey as Pillow does', () => {
    for (const [colour, value] of reference.luma as [number[], number][]) {
      const found = greyOf(Uint8ClampedArray.from([...colour, 255]), 1, 1).values[0]!
      expect(Math.abs(found - value)).toBeLessThanOrEqual(1)
    }
    expect(greyOf(Uint8ClampedArray.from([0, 0, 0, 0]), 1, 1).values[0]).toBe(255)
  })

  it('know their border, fit whole into a size, and become bytes', () => {
    const paper = grey(3, 3, [250, 250, 250, 250, 0, 250, 250, 250, 250])
    expect(borderMean(paper)).toBe(250)
    expect(borderMean(inverted(paper))).toBe(5)
    const wide = contained(grey(4, 2, Array(8).fill(200)), 8, 8, 10)
    expect([
      wide.values[0],
      wide.values[8 * 2],
      wide.values[8 * 5 + 7],
      wide.values[8 * 6],
    ]).toEqual([10, 200, 200, 10])
    expect([...bytesOfGrey(grey(2, 1, [-4, 254.6]), 3)]).toEqual([0, 0, 0, 255, 255, 255])
  })
})
