// Which stored weights are offered, held against what the service takes for the same words.
import { expect, test } from 'vitest'
import type { Checkpoint, CheckpointReason } from '../../../preload/contract/records.ts'
import {
  checkpointChoices,
  checkpointOf,
} from '../../../renderer/components/run/checkpointChoices.ts'

const kept = (
  step: number,
  reason: CheckpointReason,
  validationTotal: number | null = null,
  usable = true,
): Checkpoint => ({
  ...{
    run: 'r',
    step,
    reason,
    validationTotal,
    usable,
    file: `${step}`,
    sha256: '',
    bytes: 1,
    createdAt: step,
  },
  ...{ backend: 'js', mode: 'eager' },
})

test('last, the best by validation, and each usable step once, newest first', () => {
  const list = [
    kept(0, 'start'),
    kept(300, 'best', 27.31),
    kept(600, 'best', 25.04),
    kept(600, 'interval', 25.04),
    kept(900, 'end', 26.5),
    kept(1200, 'end', 20, false),
  ]
  expect(checkpointChoices(list).map(({ value, step }) => [value, step])).toEqual([
    ['last', 900],
    ['best', 600],
    ['900', 900],
    ['600', 600],
    ['300', 300],
    ['0', 0],
  ])
  expect(checkpointChoices(list)[1]!.label).toBe('Best: step 600, 25.0 nats')
  expect(checkpointChoices([kept(0, 'start')]).map(({ value }) => value)).toEqual(['last', '0'])
  expect(checkpointChoices([kept(5, 'end', 1, false)])).toEqual([])
})

test('an address says a step or a word; anything else is the last', () => {
  expect([undefined, 'last', 'best', '3000', '-1', '1e3', 'first'].map(checkpointOf)).toEqual([
    'last',
    'last',
    'best',
    3000,
    'last',
    'last',
    'last',
  ])
})
