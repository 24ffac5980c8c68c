// Labels at line ends are never cut: the room right of the plots is measured.
import { expect, test } from 'vitest'
import { labelGap, roomForLabels } from '../../../renderer/components/charts/plotLabels.ts'
import type { Panel } from '../../../renderer/draw/panel.ts'

const panelOf = (train: number, validation: number): Panel => ({
  title: 'KL',
  unit: 'nats per image',
  from: 0,
  to: 5,
  raw: false,
  train: {
    steps: Float64Array.of(5),
    minimum: Float32Array.of(train),
    maximum: Float32Array.of(train),
    smoothed: Float32Array.of(train),
    stepsPerPoint: 1,
  },
  validation: { steps: [5], values: [validation] },
})
const widthOf = (text: string) => 6 * text.length

test('the room holds the widest label of all charts', () => {
  expect(roomForLabels([panelOf(19_647, 25)], 40, widthOf)).toBeGreaterThanOrEqual(
    widthOf('train 19,647.0') + labelGap,
  )
  expect(roomForLabels([panelOf(1, 987_654.3)], 40, widthOf)).toBeGreaterThanOrEqual(
    widthOf('validation 987,654.3') + labelGap,
  )
  expect(roomForLabels([panelOf(1, 5e30)], 40, widthOf)).toBeGreaterThanOrEqual(
    widthOf('validation 5.0e30') + labelGap,
  )
})

test('and what the timeline beside it needs', () => {
  expect(roomForLabels([], 122, widthOf)).toBe(122)
  expect(roomForLabels([panelOf(1, 1)], 122, widthOf)).toBe(122)
})
