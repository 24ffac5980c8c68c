// The rules by which a run is called broken, on numbers of real runs (MNIST, nats per image).
import { describe, expect, it } from 'vitest'
import { configFrom } from '../../preload/contract/config.ts'
import { activeDimensions, healthOf } from '../../preload/contract/health.ts'
import type { PresetName } from '../../preload/contract/presets.ts'
import type { Run, Validation } from '../../preload/contract/records.ts'
import { sampleRun } from '../store/sample-run.ts'

interface Measured {
  preset: PresetName | null
  changes?: Record<string, unknown>
  step: number
  /** [reconstruction, KL] of the newest validation, the best one, the newest batch. */
  validation: [number, number]
  best?: [number, number, at: number]
  batch: [number, number]
  active?: number
  status?: Run['status']
}

const loss = ([reconstruction, kl]: readonly [number, number, ...number[]]) => ({
  reconstruction,
  kl,
  total: reconstruction + kl,
})

function run({
  preset,
  changes = {},
  step,
  validation,
  best,
  batch,
  active,
  status = 'finished',
}: Measured): Run {
  const config = configFrom(preset, changes)
  const klPerDimension = Array.from(
    { length: config.latentSize },
    () => validation[1] / config.latentSize,
  )
  const units = active === undefined ? {} : { activeUnits: active }
  const lastValidation: Validation = { ...loss(validation), step, klPerDimension, ...units }
  const bestValidation = best ? { ...lastValidation, ...loss(best), step: best[2] } : lastValidation
  return sampleRun({
    status,
    config,
    step,
    totalSteps: step,
    last: loss(batch),
    lastValidation,
    bestValidation,
  })
}

const sound: Record<string, Measured> = {
  'the tutorial': {
    preset: 'tutorial',
    step: 5000,
    validation: [18.73, 6.76],
    best: [18.7, 6.73, 4500],
    batch: [21.15, 6.81],
  },
  'elbo-2d': { preset: 'elbo-2d', step: 4295, validation: [145.41, 5.9], batch: [150.34, 5.89] },
  'tfjs-example': {
    preset: 'tfjs-example',
    step: 2145,
    validation: [154.29, 5.49],
    batch: [153.34, 5.25],
  },
  'keras-conv': {
    preset: 'keras-conv',
    step: 858,
    validation: [163.09, 4.82],
    batch: [161.18, 4.94],
  },
  'keras-conv on its plateau': {
    preset: 'keras-conv',
    step: 140,
    validation: [206.9, 0.004],
    batch: [207.3, 0.003],
    active: 0,
    status: 'running',
  },
  '20 dimensions, 12 of them active': {
    preset: 'elbo-2d',
    changes: { latentSize: 20 },
    step: 2577,
    validation: [93.86, 19.87],
    batch: [94.09, 19.77],
    active: 12,
  },
  'beta 4': {
    preset: 'elbo-2d',
    changes: { latentSize: 10, beta: 4 },
    step: 1718,
    validation: [133.2, 8.3],
    batch: [133.0, 8.2],
    active: 4,
  },
  'a learned variance, whose losses are negative': {
    preset: null,
    changes: { likelihood: 'gaussian-learned', binarisation: 'grey', latentSize: 10 },
    step: 3000,
    validation: [-213.9, 18.23],
    batch: [-217.06, 18.63],
    active: 10,
  },
  'KL that hardly counts': {
    preset: null,
    changes: { beta: 0.001, latentSize: 8 },
    step: 3000,
    validation: [93.5, 180.2],
    batch: [93.1, 181.4],
    active: 8,
  },
  'overfitting: validation rises, the batch does not': {
    preset: 'elbo-2d',
    step: 90_000,
    validation: [320, 12],
    best: [140, 6, 9000],
    batch: [95, 12],
    active: 2,
  },
  'one bad validation': {
    preset: 'elbo-2d',
    step: 4295,
    validation: [700, 90],
    best: [146, 6, 3436],
    batch: [150, 6],
    active: 2,
  },
  'a low rate, which stays longer on the plateau': {
    preset: 'elbo-2d',
    changes: { learningRate: 1e-5 },
    step: 5000,
    validation: [207, 0.001],
    batch: [207, 0.001],
    active: 0,
  },
  'beta still rises': {
    preset: 'elbo-2d',
    changes: { beta: 4, betaWarmup: 4000 },
    step: 4200,
    validation: [206, 0.001],
    batch: [206, 0.001],
    active: 0,
  },
}

const collapsed: Record<string, Measured> = {
  'beta 50': {
    preset: 'elbo-2d',
    changes: { beta: 50 },
    step: 1718,
    validation: [206.83, 0.0000955],
    batch: [206.61, 0.0000985],
  },
  'beta 50, units counted': {
    preset: 'elbo-2d',
    changes: { beta: 50 },
    step: 1718,
    validation: [206.83, 0.0000955],
    batch: [206.61, 0.0000985],
    active: 0,
  },
  'an encoder that rate 0.1 switched off, with a KL of its own': {
    preset: 'elbo-2d',
    changes: { learningRate: 0.1 },
    step: 1718,
    validation: [207.11, 0.547],
    best: [206.9, 0.52, 1204],
    batch: [206.96, 0.549],
    active: 0,
  },
  'the tutorial at rate 0.1': {
    preset: 'tutorial',
    changes: { learningRate: 0.1 },
    step: 2000,
    validation: [47.34, 8.26e-11],
    batch: [46.59, 1.35e-9],
  },
}

const diverging: Record<string, Measured> = {
  'rate 5': {
    preset: null,
    changes: { learningRate: 5, activation: 'tanh' },
    step: 1500,
    validation: [27457.2, 5688.75],
    best: [10102, 4000, 750],
    batch: [26270.96, 5739.87],
  },
  'rate 5 with softplus': {
    preset: null,
    changes: { learningRate: 5 },
    step: 1500,
    validation: [227.05, 44.44],
    best: [216, 44.44, 300],
    batch: [214.84, 44.44],
  },
  'rate 1 with an encoder that ignores the image': {
    preset: null,
    changes: { learningRate: 1 },
    step: 1500,
    validation: [209.76, 20.72],
    batch: [206.69, 20.75],
    active: 0,
  },
  'a loss that rose and stayed up': {
    preset: 'elbo-2d',
    step: 8000,
    validation: [520, 9],
    best: [146, 6, 3436],
    batch: [498, 8],
    active: 2,
  },
  'NaN on validation': { preset: null, step: 900, validation: [NaN, 3], batch: [Infinity, 3] },
}

describe('in order', () => {
  it.each(Object.entries(sound))('%s', (_, measured) => expect(healthOf(run(measured))).toBeNull())

  it('a run that was not measured, and weights that were imported', () => {
    expect(healthOf(sampleRun())).toBeNull()
    expect(healthOf(sampleRun({ status: 'finished', step: 900 }))).toBeNull()
  })

  it('the peak that the KL of the tutorial has before its first validation', () => {
    const young = {
      ...run({ ...sound['the tutorial']!, step: 40, batch: [29.8, 35], status: 'running' }),
    }
    expect(healthOf({ ...young, lastValidation: null, bestValidation: null })).toBeNull()
  })

  it('a collapsed model whose newest batch uses its latent again', () =>
    expect(
      healthOf({ ...run(collapsed['beta 50']!), step: 1900, last: loss([190, 2]) }),
    ).toBeNull())
})

it.each(Object.entries(collapsed))('collapsed: %s', (_, measured) => {
  const health = healthOf(run(measured))
  expect(health).toMatchObject({ kind: 'collapsed' })
  expect(health!.remedy).toMatch(
    measured.changes?.['beta'] ? /lower beta \(now 50/ : /lower learning rate \(now 0\.1/,
  )
})

it.each(Object.entries(diverging))('diverging: %s', (_, measured) => {
  const health = healthOf(run(measured))
  expect(health).toMatchObject({
    kind: 'diverging',
    remedy: expect.stringContaining('lower learning rate') as string,
  })
})

it('a run that ended with NaN says what its trainer said, once', () => {
  const statusReason =
    'KL became NaN at step 9. Start a new run with a lower learning rate. The last checkpoint before that step is kept.'
  const ended = sampleRun({
    status: 'diverged',
    statusReason,
    config: configFrom('tutorial', { learningRate: 5 }),
  })
  expect(healthOf(ended)).toEqual({
    kind: 'diverging',
    reason: 'KL became NaN at step 9.',
    remedy:
      'Start a new run with a lower learning rate (now 5; 0.001 is usual for Adam) or with a rate warm-up.',
  })
})

it('dimensions are counted as the record counts them, else by their KL', () => {
  expect(
    activeDimensions({
      ...loss([90, 20]),
      step: 1,
      klPerDimension: [1, 0.02, 0.009, 0],
      activeUnits: 1,
    }),
  ).toBe(1)
  expect(
    activeDimensions({ ...loss([90, 20]), step: 1, klPerDimension: [1, 0.02, 0.009, 0] }),
  ).toBe(2)
})
