// Runs in words: which of them have no history of training.
import { expect, test } from 'vitest'
import { hasNoHistory } from '../../../renderer/components/runs/summary.ts'

test('imported weights have no history; a run that trained, failed early or is about to start is not taken for them', () => {
  expect(hasNoHistory({ status: 'finished', startedAt: null, last: null })).toBe(true)
  const last = { reconstruction: 1, kl: 2, total: 3 }
  expect(hasNoHistory({ status: 'finished', startedAt: 5, last })).toBe(false)
  expect(hasNoHistory({ status: 'finished', startedAt: null, last })).toBe(false) // curves without a beginning are a history
  for (const status of ['preparing', 'running', 'failed', 'stopped'] as const)
    expect(hasNoHistory({ status, startedAt: null, last: null })).toBe(false)
})
