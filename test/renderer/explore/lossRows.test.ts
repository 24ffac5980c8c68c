// The loss of one image beside that of the validation images: in each row the same sum with the
// same weights.
import { expect, test } from 'vitest'
import { configFrom } from '../../../preload/contract/config.ts'
import { lossRows } from '../../../renderer/components/explore/encode/lossRows.ts'

// figures of a run of the tutorial's: batches of 16
const here = { reconstruction: 9.38, kl: 11.2 }
const there = { reconstruction: 18.7, kl: 6.76 }

test("the tutorial's loss: the sum is of both parts in both columns, then the weighted one in both", () => {
  const rows = lossRows(configFrom('tutorial', {}), 1 / 16, here, there)
  expect(rows.map(({ name }) => name)).toEqual([
    'Reconstruction',
    'KL',
    'Reconstruction + KL',
    'With KL × 0.063',
  ])
  expect(rows[2]!.here).toBeCloseTo(20.58, 9)
  expect(rows[2]!.there).toBeCloseTo(25.46, 9)
  expect(rows[3]!.here).toBeCloseTo(10.08, 9)
  expect(rows[3]!.there).toBeCloseTo(19.1225, 9)
})

test('where the KL weighs 1 there is one sum; before the first validation its column is empty', () => {
  const rows = lossRows(configFrom('elbo-2d', {}), 1, here, undefined)
  expect(rows.map(({ name }) => name)).toEqual(['Reconstruction', 'KL', 'Negative ELBO'])
  expect(rows.every((row) => row.there === undefined)).toBe(true)
})
