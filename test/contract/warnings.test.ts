// Warnings come for what goes wrong, and for nothing that a preset or a usual value is.
import { describe, expect, test } from 'vitest'
import { configFrom } from '../../preload/contract/config.ts'
import { presetNames } from '../../preload/contract/presets.ts'
import { settings } from '../../preload/contract/settings.ts'
import { configWarnings } from '../../preload/contract/warnings.ts'
import type { RunConfig, Setting } from '../../preload/contract/runConfig.ts'

const images = { train: 55_000, validation: 5000, test: 10_000 }
const warned = (changes: Partial<RunConfig>, preset: 'tutorial' | 'elbo-2d' = 'elbo-2d') =>
  configWarnings(configFrom(preset, changes), images)

test('no preset is warned about', () => {
  for (const name of presetNames) expect(configWarnings(configFrom(name), images), name).toEqual([])
})

test('no usual value is warned about, and usual values hold the default and lie in the range', () => {
  for (const [key, setting] of Object.entries(settings) as [keyof RunConfig, Setting][]) {
    if (!('usual' in setting) || !setting.usual) continue
    const [low, high] = setting.usual
    expect(setting.default, key).toBeGreaterThanOrEqual(low)
    expect(setting.default, key).toBeLessThanOrEqual(high)
    for (const value of [low, high])
      expect(
        warned({ [key]: value }).filter((warning) => warning.key === key),
        `${key} ${value}`,
      ).toEqual([])
  }
})

describe('warns about', () => {
  const cases: [string, Partial<RunConfig>, keyof RunConfig, RegExp][] = [
    ['a rate of 5', { learningRate: 5 }, 'learningRate', /diverges/],
    ['a rate of 0.05', { learningRate: 0.05 }, 'learningRate', /final loss is usually higher/],
    ['a rate of 1e-7', { learningRate: 1e-7 }, 'learningRate', /almost no progress/],
    ['a rate of SGD', { optimizer: 'sgd', learningRate: 0.01 }, 'learningRate', /With SGD/],
    ['beta 50', { beta: 50 }, 'beta', /collapses/],
    ['beta 10', { beta: 10 }, 'beta', /blur/],
    ['beta 0', { beta: 0 }, 'beta', /prior/],
    ['one dimension', { latentSize: 1 }, 'latentSize', /is a line/],
    [
      'a narrow layer',
      { latentSize: 8, encoderLayers: [100, 4] },
      'encoderLayers',
      /smaller than the latent size/,
    ],
    ['Bernoulli on grey', { binarisation: 'grey' }, 'binarisation', /not a likelihood/],
    ['a huge batch', { batchSize: 8192 }, 'batchSize', /Only 6 steps per epoch/],
    ['few steps', { length: 20, lengthUnit: 'steps' }, 'length', /Only 20 steps/],
    ['a warm-up without end', { betaWarmup: 1e6 }, 'betaWarmup', /never reaches/],
    ['evaluations all the time', { evaluateEvery: 1 }, 'evaluateEvery', /longer than the training/],
  ]
  test.each(cases)('%s', (_what, changes, key, says) => {
    const found = warned(changes)
    expect(found.map((warning) => warning.key)).toContain(key)
    expect(found.find((warning) => warning.key === key)!.message).toMatch(says)
  })

  test('each setting once, and only where it applies', () => {
    const keys = warned({ learningRate: 5, beta: 50 }).map(({ key }) => key)
    expect(new Set(keys).size).toBe(keys.length)
    expect(configWarnings({ ...configFrom('tutorial'), beta: 50 }, images)).toEqual([])
  })

  test('in words that fit under a field', () => {
    const messages = cases.flatMap(([, changes]) => warned(changes).map(({ message }) => message))
    for (const message of messages) expect(message.length, message).toBeLessThan(90)
  })
})
