// What the list of events adds to a kind and a step, in the service's own words.
import { expect, test } from 'vitest'
import { eventDetail } from '../../../renderer/components/run/eventDetail.ts'

test('an event does not say its kind and step twice', () => {
  expect(eventDetail({ kind: 'finished', step: 5000, text: 'Finished at step 5000.' })).toBe('')
  expect(eventDetail({ kind: 'finished', step: 5000, text: 'Finished at step 5,000.' })).toBe('')
  expect(eventDetail({ kind: 'resumed', step: 120, text: 'Continued from step 120.' })).toBe('')
  expect(eventDetail({ kind: 'resumed', step: 120, text: 'Went on from step 120.' })).toBe('') // as older stores have it
})

test('a reason, another step and any other text stay', () => {
  expect(
    eventDetail({
      kind: 'stopped',
      step: 300,
      text: 'Stopped at step 300: Latent Studio was closed.',
    }),
  ).toBe('Latent Studio was closed.')
  expect(eventDetail({ kind: 'resumed', step: 120, text: 'Went on from step 100.' })).toBe(
    'Went on from step 100.',
  )
  expect(eventDetail({ kind: 'renamed', step: 0, text: 'Renamed to “A”.' })).toBe('Renamed to “A”.')
})
