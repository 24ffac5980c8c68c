// An estimate comes from a run of the same kind on this machine, and from nothing else.
import { describe, expect, test } from 'vitest'
import { configFrom } from '../../preload/contract/config.ts'
import { comparableRuns, estimateFrom, workPerStep } from '../../preload/contract/estimate.ts'
import { wasImported } from '../../preload/contract/imports.ts'
import type { DatasetInfo, Run } from '../../preload/contract/records.ts'
import type { RunConfig } from '../../preload/contract/runConfig.ts'

const mnist = {
  width: 28,
  height: 28,
  channels: 1,
  images: { train: 55_000, validation: 5000, test: 10_000 },
} as DatasetInfo

function run(id: string, config: RunConfig, about: Partial<Run> = {}): Run {
  const trained = {
    step: 1000,
    trainSeconds: 2,
    compileSeconds: 1,
    backend: 'tensorflow',
    mode: 'xla-loop',
    createdAt: 1,
  }
  return { id, name: id, config, ...trained, ...about } as Run
}
const ids = (config: RunConfig, runs: Run[]) =>
  comparableRuns(config, mnist, runs).map(({ id }) => id)
const tutorial = configFrom('tutorial')

test('the same settings take the same time a step', () => {
  const estimate = estimateFrom(
    run('a', tutorial),
    configFrom('tutorial', { length: 5000, seed: 3, learningRate: 1e-4 }),
    mnist,
  )
  expect(estimate).toEqual({
    seconds: 1 + 5000 * 0.002,
    steps: 5000,
    run: { id: 'a', name: 'a' },
    scaled: false,
  })
})

test('more work a step takes longer, and is said to be scaled', () => {
  const wide = configFrom('elbo-2d', { length: 1 })
  const estimate = estimateFrom(run('a', tutorial), wide, mnist)
  const ratio = workPerStep(wide, mnist) / workPerStep(tutorial, mnist)
  expect(estimate.scaled).toBe(true)
  expect(estimate.steps).toBe(859)
  expect(estimate.seconds).toBeCloseTo(1 + 0.002 * ratio * 859, 6)
  expect(ratio).toBeGreaterThan(3)
})

describe('speeds come from', () => {
  test('nothing, where nothing was trained', () => expect(ids(tutorial, [])).toEqual([]))

  test('the run with the most similar work, the newest among equals', () => {
    const runs = [
      run('elbo', configFrom('elbo-2d')),
      run('old', tutorial, { createdAt: 1 }),
      run('new', configFrom('tutorial', { seed: 8 }), { createdAt: 2 }),
    ]
    expect(ids(tutorial, runs)).toEqual(['new', 'old', 'elbo'])
    expect(ids(configFrom('elbo-2d', { length: 1 }), runs)[0]).toBe('elbo')
  })

  test('no run of another kind, backend or mode, and none that hardly trained', () => {
    const runs = [
      run('conv', configFrom('keras-conv')),
      run('threads', configFrom('tutorial', { threads: 1 })),
      run('wasm', configFrom('tutorial', { backend: 'wasm' }), { backend: 'wasm', mode: 'eager' }),
      run('eager', configFrom('tutorial', { mode: 'eager' }), { mode: 'eager' }),
      run('short', tutorial, { step: 5 }),
      run('untrained', tutorial, { trainSeconds: 0 }),
    ]
    expect(ids(tutorial, runs)).toEqual([])
    expect(ids(configFrom('tutorial', { backend: 'wasm', mode: 'eager' }), runs)).toEqual(['wasm'])
    expect(ids(configFrom('tutorial', { backend: 'wasm' }), runs)).toEqual(['wasm'])
    expect(ids(configFrom('tutorial', { mode: 'eager' }), runs)).toEqual(['eager'])
    // what was chosen automatically then is a speed for who asks for it now
    expect(ids(configFrom('tutorial', { mode: 'xla-loop' }), [run('auto', tutorial)])).toEqual([
      'auto',
    ])
  })
})

test('a run from a file tells another machine’s speed', () => {
  expect(
    wasImported([{ kind: 'note', text: 'Imported from a file of 0.1.0, where it was run abc.' }]),
  ).toBe(true)
  expect(wasImported([{ kind: 'created', text: 'Made.' }])).toBe(false)
})

test('work grows with layers and batch, but by less than the batch', () => {
  const ratio = (a: RunConfig, b: RunConfig) => workPerStep(a, mnist) / workPerStep(b, mnist)
  const elbo = configFrom('elbo-2d')
  expect(ratio(elbo, tutorial)).toBeGreaterThan(4)
  expect(ratio(elbo, tutorial)).toBeLessThan(7)
  expect(
    ratio(configFrom('elbo-2d', { encoderLayers: [512, 256], decoderLayers: [256, 512] }), elbo),
  ).toBeGreaterThan(2)
  const doubled = ratio(configFrom('elbo-2d', { batchSize: 128 }), elbo)
  expect(doubled).toBeGreaterThan(1.3)
  expect(doubled).toBeLessThan(2)
})
