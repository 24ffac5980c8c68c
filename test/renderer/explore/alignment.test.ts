// Frames of two runs beside each other: by step, by share of training, with few frames and none.
import { expect, test } from 'vitest'
import type { FrameInfo } from '../../../preload/contract/records.ts'
import {
  alignedStep,
  around,
  frameBefore,
  nearestFrame,
} from '../../../renderer/components/explore/film/alignment.ts'

const frames = (...steps: number[]): FrameInfo[] =>
  steps.map((step) => ({ step, grid: 20, tileWidth: 28, tileHeight: 28, reconstructions: 10 }))

test('by step the other run stands at the same step, by share at the same part of its own training', () => {
  expect(alignedStep('step', 300, 1000, 4000)).toBe(300)
  expect(alignedStep('share', 300, 1000, 4000)).toBe(1200)
  expect(alignedStep('share', 1000, 1000, 4000)).toBe(4000)
  expect(alignedStep('share', 0, 0, 4000)).toBe(0) // a run whose length is not known yet
})

test('the nearest stored frame, the earlier one of two', () => {
  const list = frames(0, 10, 100, 1000)
  expect(nearestFrame(list, 60)?.step).toBe(100)
  expect(nearestFrame(list, 55)?.step).toBe(10)
  expect(nearestFrame(list, 9999)?.step).toBe(1000)
  expect(nearestFrame([], 5)).toBeUndefined()
  expect(frameBefore(list, 100)?.step).toBe(10)
  expect(frameBefore(list, 0)).toBeUndefined()
})

test('neighbours come by distance, none beyond the ends or the reach', () => {
  expect(around(2, 6, 10)).toEqual([3, 1, 4, 0, 5])
  expect(around(0, 4, 2)).toEqual([1, 2])
  expect(around(0, 1, 5)).toEqual([])
  expect(around(0, 0, 5)).toEqual([])
})
