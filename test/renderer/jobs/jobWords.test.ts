// Jobs in words, and how long they go on.
import { expect, test } from 'vitest'
import type { Job } from '../../../preload/contract/jobs.ts'
import type { Evaluation } from '../../../preload/contract/records.ts'
import { endWords, progressWords, resultWords } from '../../../renderer/components/jobs/jobWords.ts'
import { Pace } from '../../../renderer/components/jobs/pace.ts'

test('progress says what, how far, and how long left', () => {
  expect(progressWords(null, null)).toBe('Starting')
  expect(progressWords({ stage: 'Making model.onnx', done: 0, total: 0, unit: '' }, null)).toBe(
    'Making model.onnx',
  )
  expect(
    progressWords(
      { stage: 'Reading the run', done: 3_200_000, total: 14_200_000, unit: 'bytes' },
      4,
    ),
  ).toBe('Reading the run: 3.2 MB of 14.2 MB, 22 %, 4.0 s left')
  expect(
    progressWords({ stage: 'Evaluating', done: 2500, total: 10_000, unit: 'images' }, null),
  ).toBe('Evaluating: 2,500 of 10,000 images, 25 %')
})

test('what is left follows the speed of the stage, and nothing is said before it is known', () => {
  const pace = new Pace()
  const at = (done: number, now: number, stage = 'one') =>
    pace.left({ stage, done, total: 100, unit: '' }, now)
  expect(at(10, 1000)).toBeNull()
  expect(at(20, 2000)).toBeNull() // one second says little
  expect(at(30, 3000)).toBe(7) // ten a second
  expect(at(0, 3100, 'two')).toBeNull() // another stage has another speed
  expect(at(50, 5100, 'two')).toBe(2)
  expect(at(50, 5100, 'one')).toBeNull()
})

const evaluation: Evaluation = {
  likelihood: 'Bernoulli on grey values',
  split: 'test',
  images: 10_000,
  step: 5000,
  reconstruction: 95.12,
  kl: 7.3,
  negativeElbo: 102.42,
  klPerDimension: [3.6, 3.7],
  activeUnits: 2,
  squaredError: 20,
  greyCrossEntropy: null,
}

test('a result has its unit, its likelihood and what it is of; an end is a sentence', () => {
  const words = '102.4 nats per image (Bernoulli on grey values), 10,000 test images, step 5,000'
  expect(resultWords({ kind: 'evaluate', evaluation })).toBe(words)
  const job = {
    title: 'Evaluate digits',
    status: 'done',
    result: { kind: 'evaluate', evaluation },
    error: null,
  } as unknown as Job
  expect(endWords(job)).toBe(`Evaluate digits: done. ${words}`)
  const failed = {
    ...job,
    status: 'failed',
    result: null,
    error: { code: 'bad-input', message: 'Expected a, found b.' },
  } as Job
  expect(endWords(failed)).toBe('Evaluate digits failed. Expected a, found b.')
  expect(endWords({ ...failed, status: 'interrupted', error: null })).toBe(
    'Evaluate digits was interrupted.',
  )
})
