// What is drawn of a series loses no spike, does not change when the series grows, and its smooth
// line is what it says.
import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { Curve, smooth } from '../../../renderer/draw/curve.ts'

const noisy = (count: number) =>
  Float32Array.from({ length: count }, (_, i) => 100 + 400 / (i + 1) + 7 * Math.sin(i * 12.9898))

describe('Curve', () => {
  it('gives steps to a chart that has no width yet', () => {
    const curve = new Curve()
    curve.follow([noisy(300)], 20)
    expect([...curve.thin(1, 300, 0).steps]).toEqual([300])
    expect([...curve.thin(1, 300, -5).steps]).toEqual([300])
  })

  it('shows the extremes of every stretch, whatever the pieces it grew by', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 2, max: 200 }),
        (count, piece, points) => {
          const values = noisy(count)
          const curve = new Curve()
          for (let at = 1; at < count; at += piece) curve.follow([values.subarray(0, at)], 20)
          curve.follow([values], 20)
          const drawn = curve.thin(1, count, points)
          expect(drawn.steps.length).toBeLessThanOrEqual(points + 1)
          expect(drawn.steps.at(-1)).toBe(count)
          for (let i = 0; i < drawn.steps.length; i++) {
            const stretch = values.slice(i * drawn.stepsPerPoint, (i + 1) * drawn.stepsPerPoint)
            expect(drawn.minimum[i]).toBe(Math.min(...stretch))
            expect(drawn.maximum[i]).toBe(Math.max(...stretch))
          }
          const whole = new Float32Array(count)
          smooth(values, 0, count, 20, whole)
          expect(curve.smoothed[count - 1]).toBeCloseTo(whole[count - 1]!, 3)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('sums its parts', () => {
    const curve = new Curve()
    curve.follow([new Float32Array([3, 2, 1]), new Float32Array([0.5, 0.5])], 0)
    expect([...curve.thin(1, 9, 10).maximum]).toEqual([3.5, 2.5])
  })

  it('gives every step when there is room, and only the stretch asked for', () => {
    const curve = new Curve()
    curve.follow([noisy(500)], 0)
    const drawn = curve.thin(101, 200, 400)
    expect([...drawn.steps]).toEqual(Array.from({ length: 100 }, (_, i) => 101 + i))
    expect([...drawn.smoothed]).toEqual([...drawn.minimum])
  })

  it('keeps its old points when a step is added', () => {
    const values = noisy(1001)
    const curve = new Curve()
    curve.follow([values.subarray(0, 1000)], 0)
    const before = curve.thin(1, 1000, 300)
    curve.follow([values], 0)
    const after = curve.thin(1, 1001, 300)
    expect([...after.maximum.slice(0, 249)]).toEqual([...before.maximum.slice(0, 249)])
  })

  it('follows a series that was taken back and written again', () => {
    const curve = new Curve()
    curve.follow([noisy(300)], 10)
    curve.follow([noisy(300).subarray(0, 100)], 10)
    expect([...curve.thin(1, 300, 10).steps].at(-1)).toBe(100)
    const other = noisy(300).map((value, i) => (i < 100 ? value : 0))
    curve.follow([other], 10)
    expect(Math.min(...curve.thin(1, 300, 5).minimum)).toBe(0)
  })

  it('gives the first steps their room on a logarithmic axis, and still loses no spike', () => {
    const values = noisy(17_000)
    values[9000] = 9999
    const curve = new Curve()
    curve.follow([values], 0)
    const drawn = curve.thinLog(1, 17_000, 400)
    expect([...drawn.steps.slice(0, 4)]).toEqual([1, 2, 3, 4])
    expect([...drawn.steps]).toEqual([...drawn.steps].sort((a, b) => a - b))
    expect(new Set(drawn.steps).size).toBe(drawn.steps.length)
    expect(drawn.steps.at(-1)).toBe(17_000)
    expect(drawn.steps.length).toBeLessThan(1000)
    expect(Math.max(...drawn.maximum)).toBe(9999)
    expect(new Curve().thinLog(1, 100, 10).steps).toHaveLength(0)
  })

  it('is empty for an empty series', () => {
    expect(new Curve().thin(1, 10, 100).steps).toHaveLength(0)
  })
})

describe('smooth', () => {
  const smoothed = (values: number[], horizon: number) => {
    const out = new Float32Array(values.length)
    smooth(Float32Array.from(values), 0, values.length, horizon, out)
    return [...out]
  }

  it('is the values at horizon 0, and passes over NaN', () => {
    expect(smoothed([4, 2, 8], 0)).toEqual([4, 2, 8])
    expect(smoothed([1, Number.NaN, 1], 10)).toEqual([1, 1, 1])
    expect(smoothed([Number.NaN, 3], 10)[1]).toBe(3)
  })

  it('stays near a loss that falls as 1/step, from the first steps on', () => {
    const values = Array.from({ length: 2000 }, (_, i) => 500 / (i + 1))
    const drawn = smoothed(values, 1000)
    for (const [i, value] of values.entries()) expect(drawn[i]! / value).toBeLessThan(1.2)
  })

  it('forgets by half after horizon * ln 2 steps', () => {
    const values = [...new Array<number>(2000).fill(0), ...new Array<number>(69).fill(1)]
    expect(smoothed(values, 100).at(-1)).toBeCloseTo(0.5, 2)
  })
})
