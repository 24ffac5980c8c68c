// The weights of frames: which frames keep theirs within the budget, and in which precision.
import { expect, it } from 'vitest'
import { planFrameWeights, precisionFor } from '../../main/host/frameWeights.ts'

const frames = Array.from({ length: 46 }, (_, i) => i * i)
const header = 4096

it('all frames keep float32 weights while they fit, to the byte of the budget', () => {
  const needed = frames.length * (header + 4 * 1000)
  expect(planFrameWeights(frames, 1000, needed)).toEqual({
    steps: new Set(frames),
    precision: 'F32',
  })
  expect(planFrameWeights(frames, 1000, needed - 1)).toEqual({
    steps: new Set(frames),
    precision: 'F16',
  })
})

it('where float16 does not fit either, frames evenly spaced in their order keep weights, first and last among them', () => {
  for (let room = 2; room < frames.length; room++) {
    const { steps, precision } = planFrameWeights(frames, 1000, room * (header + 2 * 1000))
    expect(precision).toBe('F16')
    const places = [...steps].map((step) => frames.indexOf(step))
    expect(places).toHaveLength(room)
    expect([places[0], places.at(-1)]).toEqual([0, frames.length - 1])
    const gaps = places.slice(1).map((place, i) => place - places[i]!)
    expect(Math.max(...gaps) - Math.min(...gaps)).toBeLessThanOrEqual(1)
  }
})

it('room for one keeps the last frame, room for none keeps none', () => {
  expect([...planFrameWeights(frames, 1000, header + 2000).steps]).toEqual([45 * 45])
  expect([...planFrameWeights(frames, 1000, header).steps]).toEqual([])
  expect([...planFrameWeights([], 1000).steps]).toEqual([])
})

it('the usual networks keep all frames: the tutorial’s in float32, larger ones in float16', () => {
  expect(planFrameWeights(frames, 168_188)).toMatchObject({ steps: { size: 46 }, precision: 'F32' })
  expect(planFrameWeights(frames, 807_700)).toMatchObject({ steps: { size: 46 }, precision: 'F16' })
})

it('weights beyond float16 stay float32, weights that are no numbers are left out', () => {
  const of = (...values: number[]) => ({
    'a.weight': { shape: [values.length], values: Float32Array.from(values) },
  })
  expect(precisionFor(of(1, -65_519), 'F16')).toBe('F16')
  expect(precisionFor(of(1, -65_520), 'F16')).toBe('F32')
  expect(precisionFor(of(1, 2), 'F32')).toBe('F32')
  for (const bad of [NaN, Infinity, -Infinity])
    for (const wanted of ['F16', 'F32'] as const)
      expect(precisionFor(of(1, bad, 2), wanted)).toBeNull()
})
