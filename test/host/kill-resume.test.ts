// The short version of `npm run soak -- kill-resume`: one kill of a small run on the rung that
// every machine has.
import { expect, test } from 'vitest'
import { difference, killAndResume, type Result } from '../soak/kill-resume.ts'

const small = [
  'tutorial',
  '--backend',
  'wasm',
  '--encoder-layers',
  '20',
  '--decoder-layers',
  '20',
  '--batch-size',
  '4',
  '--evaluate-every',
  '300',
  '--frames',
  '3',
]

test('a run that was killed and resumed ends as the one that was not', async () => {
  const seed = Date.now() % 2 ** 31
  const told: string[] = []
  const kills = await killAndResume({ kills: 1, seed, steps: 600, train: small }, (line) =>
    told.push(line),
  )
  expect(kills.length, `seed ${seed}`).toBe(1)
  expect(kills[0]!.step).toBeGreaterThan(0)
  expect(told[0]).toMatch(/^uninterrupted: 600 steps on wasm, eager/)
}, 180_000)

test('a series with one other digit, and one other weight, are noticed', () => {
  const run = {
    status: 'finished',
    step: 2,
    backend: 'js',
    mode: 'eager',
    threads: 1,
  } as Result['run']
  const whole: Result = {
    run,
    series: 'step,kl\n1,0.5\n2,0.25\n',
    validations: 'step\n1\n2\n',
    weights: Buffer.of(1, 2),
    progress: { step: 2 },
  }
  expect(difference(whole, { ...whole })).toBe(null)
  expect(difference(whole, { ...whole, series: whole.series.replace('0.25', '0.26') })).toMatch(
    /^series differ in line 2/,
  )
  expect(difference(whole, { ...whole, weights: Buffer.of(1, 3) })).toBe('the final weights differ')
  expect(difference(whole, { ...whole, progress: { step: 1 } })).toMatch(/^progress/)
  expect(difference(whole, { ...whole, run: { ...run, mode: 'xla-loop' } })).toMatch(
    /^mode is xla-loop/,
  )
})
