// The series in memory keeps every extreme and exact means however often it merges, and what is drawn of it loses none.
import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { smooth, thin } from '../../../renderer/draw/thinning.ts'
import { Trace, traceColumns } from '../../../renderer/draw/trace.ts'

const noisy = (count: number) => Array.from({ length: count }, (_, i) => 100 + 400 / (i + 1) + 7 * Math.sin(i * 12.9898))
const half = (values: number[]) => values.map((value) => value / 2)

describe('Trace', () => {
  it('keeps minima, maxima and means over merges, whatever the pieces it grows by', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 700 }), fc.integer({ min: 1, max: 97 }), (count, piece) => {
        const values = noisy(count)
        const trace = new Trace(64)
        for (let at = 0; at < count; at += piece) {
          const part = values.slice(at, at + piece)
          expect(trace.append(at + 1, part, half(part))).toBe(true)
        }
        expect(trace.lastStep).toBe(count)
        expect(trace.stepAt(trace.count - 1)).toBe(count)
        for (let i = 0; i < trace.count; i++) {
          const stretch = values.slice(i * trace.stepsPerPoint, (i + 1) * trace.stepsPerPoint)
          const { minimum, maximum, mean } = trace.columns.reconstruction
          expect(minimum[i]).toBe(Math.fround(Math.min(...stretch)))
          expect(maximum[i]).toBe(Math.fround(Math.max(...stretch)))
          expect(mean[i]).toBeCloseTo(stretch.reduce((sum, value) => sum + value, 0) / stretch.length, 3)
          expect(trace.columns.total.maximum[i]).toBeCloseTo(1.5 * Math.max(...stretch), 3)
        }
      }),
    )
  })

  it('takes a repeated stretch once, and refuses one after a gap', () => {
    const trace = new Trace(100)
    trace.append(1, [5, 4, 3], [1, 1, 1])
    expect(trace.append(2, [9, 9, 2], [1, 1, 1])).toBe(true)
    expect([...trace.columns.reconstruction.mean.slice(0, trace.count)]).toEqual([5, 4, 3, 2])
    expect(trace.append(9, [1], [1])).toBe(false)
    expect(trace.lastStep).toBe(4)
  })

  it('takes steps back exactly, or says that it cannot', () => {
    const trace = new Trace(8)
    trace.append(1, noisy(6), noisy(6))
    expect(trace.rewind(4)).toBe(true)
    expect([trace.count, trace.lastStep]).toEqual([4, 4])
    trace.append(5, noisy(12), noisy(12))
    expect(trace.stepsPerPoint).toBe(2)
    expect(trace.rewind(9)).toBe(false)
    expect(trace.rewind(8)).toBe(true)
  })

  it('reads a stored series, thinned or whole', () => {
    const trace = new Trace(100)
    const whole = new Float32Array([3, 2, 1, 0.5, 0.6, 0.7, 9, 9, 9])
    const columns = ['reconstruction', 'kl', 'objective'] as const
    trace.load({ columns: [...columns], firstStep: 1, stepsPerPoint: 1, count: 3, lastStep: 3, data: new Blob() }, whole.buffer, false)
    expect([...trace.columns.total.minimum.slice(0, 3)].map((value) => Number(value.toFixed(3)))).toEqual([3.5, 2.6, 1.7])
    const thinned = new Float32Array([1, 2, 3, 4, 2, 3, 0.1, 0.2, 0.3, 0.4, 0.2, 0.3, 1.2, 2.3, 3.1, 4.2, 2.2, 3.3])
    const series = { columns: [...columns], firstStep: 1, stepsPerPoint: 32, count: 2, lastStep: 40, data: new Blob() }
    trace.load(series, thinned.buffer, true)
    expect(trace.exactTotal).toBe(true)
    expect([...trace.columns.total.minimum.slice(0, 2)]).toEqual([Math.fround(1.2), Math.fround(2.3)])
    trace.load(series, thinned.buffer, false)
    expect(trace.exactTotal).toBe(false)
    expect(trace.columns.total.maximum[1]).toBeCloseTo(4.4, 5)
    expect([trace.stepAt(0), trace.stepAt(1)]).toEqual([32, 40])
    // the live series goes on inside the last, half-filled point: 8 steps of mean 3.3, then 1 of 12
    trace.append(41, [12], [0])
    expect(trace.columns.reconstruction.maximum[1]).toBe(12)
    expect(trace.columns.reconstruction.mean[1]).toBeCloseTo((8 * 3 + 12) / 9, 4)
  })
})

describe('thin', () => {
  it('loses no spike and stays within the room', () => {
    const trace = new Trace(5000)
    const values = noisy(4321)
    values[2222] = 9999
    values[3333] = -9999
    trace.append(1, values, half(values))
    const drawn = thin(trace, 'reconstruction', 1, 4321, 300, 50)
    expect(drawn.steps.length).toBeLessThanOrEqual(301)
    expect(Math.max(...drawn.maximum)).toBe(9999)
    expect(Math.min(...drawn.minimum)).toBe(-9999)
    expect(drawn.steps.at(-1)).toBe(4321)
  })

  it('gives every step when there is room, and only the stretch asked for', () => {
    const trace = new Trace(1000)
    trace.append(1, noisy(500), noisy(500))
    const drawn = thin(trace, 'kl', 101, 200, 400, 0)
    expect([...drawn.steps]).toEqual(Array.from({ length: 100 }, (_, i) => 101 + i))
    expect([...drawn.smoothed]).toEqual([...drawn.mean])
  })

  it('keeps its old groups when a step is added', () => {
    const trace = new Trace(5000)
    const values = noisy(1001)
    trace.append(1, values.slice(0, 1000), values.slice(0, 1000))
    const before = thin(trace, 'total', 1, 1000, 300, 0)
    trace.append(1001, values.slice(1000), values.slice(1000))
    const after = thin(trace, 'total', 1, 1001, 300, 0)
    expect([...after.maximum.slice(0, 249)]).toEqual([...before.maximum.slice(0, 249)])
  })

  it('is empty for an empty series', () => {
    for (const column of traceColumns) expect(thin(new Trace(4), column, 1, 10, 100, 10).steps).toHaveLength(0)
  })
})

describe('smooth', () => {
  it('is the values at horizon 0, unbiased at its start, and passes over NaN', () => {
    expect([...smooth([4, 2, 8], 3, 0, 1)]).toEqual([4, 2, 8])
    expect([...smooth([5, 5, 5, 5], 4, 100, 1)].every((value) => Math.abs(value - 5) < 1e-5)).toBe(true)
    const drawn = smooth([1, Number.NaN, 1], 3, 10, 1)
    expect([...drawn].every((value) => Math.abs(value - 1) < 1e-5)).toBe(true)
  })

  it('forgets by half after horizon * ln 2 steps', () => {
    const values = [...new Array<number>(2000).fill(0), ...new Array<number>(69).fill(1)]
    expect(smooth(values, values.length, 100, 1).at(-1)).toBeCloseTo(0.5, 2)
  })
})
