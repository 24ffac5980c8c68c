// Names for runs that nobody named: they say what differs, and are free.
import { expect, test } from 'vitest'
import { configFrom, defaultConfig } from '../../preload/contract/config.ts'
import {
  changedKeys,
  differences,
  likeRunName,
  presetRunName,
} from '../../preload/contract/runName.ts'

const among =
  (...names: string[]) =>
  (name: string) =>
    names.includes(name)

test('a preset as it is has its title, a changed one says what differs', () => {
  const plain = configFrom('tutorial')
  expect(presetRunName('tutorial', plain, among())).toBe("The tutorial's VAE")
  expect(presetRunName('tutorial', plain, among("The tutorial's VAE"))).toBe("The tutorial's VAE 2")
  const changed = configFrom('elbo-2d', {
    beta: 4,
    encoderLayers: [256, 64],
    decoderLayers: [],
    length: 500,
    lengthUnit: 'steps',
  })
  expect(presetRunName('elbo-2d', changed, among())).toBe(
    'elbo-2d encoderLayers=256-64 decoderLayers=none beta=4 steps=500',
  )
  expect(presetRunName('elbo-2d', configFrom('elbo-2d', { length: 5 }), among())).toBe(
    'elbo-2d epochs=5',
  )
  expect(
    presetRunName('elbo-2d', configFrom('elbo-2d', { beta: 4 }), among('elbo-2d beta=4')),
  ).toBe('elbo-2d beta=4 (2)')
  expect(presetRunName(null, defaultConfig(), among('Run'))).toBe('Run 2')
  expect(presetRunName(null, { ...defaultConfig(), beta: 4 }, among())).toBe('Run beta=4')
})

test('settings that do not apply are no difference', () => {
  const config = configFrom('elbo-2d', { noiseVariance: 0.1, momentum: 0.5, seed: 3 })
  expect(changedKeys(config, configFrom('elbo-2d'))).toEqual(['seed'])
})

test('many differences are counted, so that a name can be read', () => {
  const many = configFrom('elbo-2d', {
    latentSize: 8,
    beta: 4,
    learningRate: 2e-3,
    batchSize: 32,
    seed: 9,
    frames: 7,
    patience: 3,
  })
  const name = presetRunName('elbo-2d', many, among())
  expect(name).toMatch(/^elbo-2d latentSize=8 beta=4 learningRate=0\.002 .* \+\d$/)
  expect(name.length).toBeLessThan(80)
})

test('another run’s settings keep its name and what it says already', () => {
  expect(likeRunName('Digits', ['beta=4'], among())).toBe('Digits beta=4')
  expect(likeRunName('Digits beta=4', ['beta=8'], among('Digits beta=4'))).toBe('Digits beta=8')
  expect(likeRunName('Digits beta=4', ['seed=1'], among())).toBe('Digits beta=4 seed=1')
  expect(likeRunName('Digits beta=4 (2)', [], among('Digits beta=4', 'Digits beta=4 (2)'))).toBe(
    'Digits beta=4 (3)',
  )
  expect(likeRunName('Digits steps=10', ['epochs=2'], among())).toBe('Digits epochs=2')
  // a number that somebody typed is part of the name
  expect(likeRunName('Trial 20', [], among('Trial 20'))).toBe('Trial 20 2')
  expect(likeRunName('Trial 2', [], among('Trial', 'Trial 2'))).toBe('Trial 3')
  expect(likeRunName('a'.repeat(200), ['beta=4'], among()).length).toBeLessThanOrEqual(200)
})

test('differences read as --set takes them', () => {
  expect(
    differences(
      configFrom('tutorial', { activation: 'relu', learningRate: 1e-7 }),
      configFrom('tutorial'),
    ),
  ).toEqual(['activation=relu', 'learningRate=1e-7'])
})
