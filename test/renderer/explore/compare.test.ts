// Comparing runs: which ones an address names, whose losses compare, one cursor for several latent
// sizes, the room.
import { likelihoodName, lossName } from '../../../preload/contract/likelihood.ts'
import { expect, test } from 'vitest'
import { configFrom } from '../../../preload/contract/config.ts'
import type { Run } from '../../../preload/contract/records.ts'
import {
  chosenOf,
  paramsOf,
  weightsOf,
} from '../../../renderer/components/explore/compare/chosen.ts'
import { incomparable, sameData } from '../../../renderer/components/explore/compare/comparable.ts'
import {
  differencesAmong,
  differencesFrom,
} from '../../../renderer/components/explore/compare/differences.ts'
import {
  arrange,
  fitDimensions,
  fitVector,
  fitWords,
} from '../../../renderer/components/explore/compare/fit.ts'

const runOf = (changes: Record<string, unknown>, datasetHash = 'a1', dataset = 'mnist') =>
  ({ config: { ...configFrom('elbo-2d', changes), dataset }, datasetHash }) as Run

test('an address names each other run once, never the first, with its weights', () => {
  const params = { with: 'b,a,c,b,,d,e', at: 'best,live,1200' }
  expect(chosenOf(params, 'a')).toEqual([
    { id: 'b', weights: 'best' },
    { id: 'c', weights: 1200 },
    { id: 'd', weights: 'live' },
    { id: 'e', weights: 'live' },
  ])
  expect(chosenOf({}, 'a')).toEqual([])
})

test('what an address says comes back, and nothing is said where all follow the newest', () => {
  const chosen = chosenOf({ with: 'b,c', at: '0,last' }, 'a')
  expect(paramsOf(chosen)).toEqual({ with: 'b,c', at: '0,last' })
  expect(paramsOf(chosenOf({ with: 'b,c' }, 'a'))).toEqual({ with: 'b,c', at: null })
  expect(paramsOf([])).toEqual({ with: null, at: null })
})

test('weights that mean nothing follow the newest', () => {
  expect(['', 'x', '-3', '1.5', undefined].map(weightsOf)).toEqual(Array(5).fill('live'))
})

test('losses of one kind on the same images compare, others say why they do not', () => {
  const bernoulli = runOf({})
  expect(incomparable([bernoulli, runOf({ latentSize: 10, beta: 4 })])).toBeNull()
  expect(incomparable([bernoulli, runOf({ binarisation: 'fixed' })])).toContain('2 kinds')
  const gaussian = runOf({ likelihood: 'gaussian', binarisation: 'grey', noiseVariance: 0.1 })
  expect(
    incomparable([
      gaussian,
      runOf({ likelihood: 'gaussian', binarisation: 'grey', noiseVariance: 0.2 }),
    ]),
  ).toContain('2 kinds')
  expect(incomparable([bernoulli, runOf({}, 'b2')])).toContain('different images')
  expect(incomparable([])).toBeNull()
})

test('the sum is an ELBO only where its first part is a likelihood', () => {
  expect(lossName(runOf({}).config)).toBe('negative ELBO')
  expect(lossName(runOf({ binarisation: 'grey' }).config)).toBe('reconstruction + KL')
  expect(lossName(runOf({ likelihood: 'squared', binarisation: 'grey' }).config)).toBe(
    'reconstruction + KL',
  )
  // a Gaussian is a density of grey values, a cross-entropy is not
  expect(lossName(runOf({ likelihood: 'gaussian', binarisation: 'grey' }).config)).toBe(
    'negative ELBO',
  )
  expect(likelihoodName(runOf({}).config)).toBe('Bernoulli, pixels binarised at random')
})

test('data are the same by name and hash; a run that has not opened them yet agrees by name', () => {
  expect(sameData(runOf({}), runOf({}, ''))).toBe(true)
  expect(sameData(runOf({}), runOf({}, 'a1', 'fashion'))).toBe(false)
})

test('the cursor is cut or filled up with 0 for another latent size, and that is said', () => {
  expect(fitVector([1, 2, 3], 2)).toEqual([1, 2])
  expect(fitVector([1, 2], 4)).toEqual([1, 2, 0, 0])
  expect(fitDimensions([4, 1], 10)).toEqual([4, 1])
  expect(fitDimensions([4, 1], 3)).toEqual([0, 1])
  expect(fitDimensions([0, 1], 1)).toEqual([0, 0])
  expect(fitWords(2, 2)).toBeNull()
  expect(fitWords(1, 2)).toContain('1 latent dimension of')
  expect(fitWords(10, 2)).toContain('stay at 0')
})

test('cells are arranged so that their squares are largest', () => {
  const around = { width: 50, height: 150 }
  expect(arrange(2, { width: 950, height: 700 }, around)).toEqual({ columns: 2, size: 425 })
  expect(arrange(2, { width: 400, height: 1200 }, around).columns).toBe(1)
  expect(arrange(4, { width: 900, height: 900 }, around).columns).toBe(2)
  expect(arrange(1, { width: 300, height: 800 }, around)).toEqual({ columns: 1, size: 250 })
})

test('compared runs are told apart by the settings in which they differ', () => {
  const runs = [
    { ...runOf({ beta: 1, seed: 0 }), id: 'a' },
    { ...runOf({ beta: 4, seed: 0 }), id: 'b' },
    { ...runOf({ beta: 4, seed: 1, network: 'conv' }), id: 'c' },
  ]
  expect(differencesAmong(runs)).toEqual({
    a: 'Beta 1 · Seed 0 · dense',
    b: 'Beta 4 · Seed 0 · dense',
    c: 'Beta 4 · Seed 1 · convolutional',
  })
  expect(differencesFrom(runs[0]!, runs[1]!)).toBe('Beta 4')
  const longer = [
    runs[0]!,
    { ...runOf({ beta: 1, seed: 0, length: 5, lengthUnit: 'steps' }), id: 'e' },
  ]
  expect(differencesFrom(longer[0]!, longer[1]!)).toBe('5 steps')
  expect(differencesAmong(runs.slice(0, 1))).toEqual({})
  // where it runs is no difference, nor is a setting that does not apply
  const alike = [runs[0]!, { ...runOf({ threads: 2, momentum: 0.5 }), id: 'd' }]
  expect(differencesAmong(alike)).toEqual({ a: 'the same settings', d: 'the same settings' })
})
