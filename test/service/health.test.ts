// Runs that end without an error and are still broken, trained for real: what is said about them,
// and that it is not said about models that train as they should.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { forkNode } from '../../main/service/launch.ts'
import { createStudio, type Studio } from '../../main/studio.ts'
import { activeDimensions, healthOf } from '../../preload/contract/health.ts'
import { resultOf } from '../kit/job.ts'
import { until } from './scriptedStudio.ts'

const small = {
  encoderLayers: [8],
  decoderLayers: [8],
  batchSize: 8,
  length: 600,
  lengthUnit: 'steps',
  frames: 0,
  evaluateEvery: 300,
  backend: 'wasm',
}

let folder: string
let studio: Studio

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latent-health-test-'))
  const cacheFolder = join(folder, 'cache')
  studio = await createStudio({
    dataFolder: folder,
    cacheFolder,
    fork: forkNode(),
    shell: 'serve',
    pages: new Map(),
  })
})
afterAll(async () => {
  await studio.close()
  rmSync(folder, { recursive: true, force: true })
})

async function trained(changes: Record<string, unknown>) {
  const client = studio.connect()
  const { id } = await client.runs.create({ config: { ...small, ...changes } })
  await until(client, id, ['finished', 'diverged'], 150_000)
  return client.runs.get({ run: id })
}

it('beta 50 collapses', async () => {
  const run = await trained({ beta: 50, learningRate: 5e-3 })
  expect(run.lastValidation!.activeUnits).toBe(0)
  expect(healthOf(run)).toMatchObject({
    kind: 'collapsed',
    remedy: expect.stringContaining('lower beta (now 50') as string,
  })
}, 180_000)

it('learning rate 5 diverges, whether or not a loss becomes NaN', async () => {
  for (const activation of ['relu', 'tanh']) {
    const run = await trained({ learningRate: 5, activation })
    expect(healthOf(run), `${activation}: ${JSON.stringify(run.lastValidation)}`).toMatchObject({
      kind: 'diverging',
      remedy: expect.stringContaining('lower learning rate (now 5') as string,
    })
  }
}, 180_000)

it('20 latent dimensions, some of them unused, are in order', async () => {
  const run = await trained({ latentSize: 20 })
  expect(healthOf(run)).toBeNull()
  const { evaluation } = await resultOf(studio.connect(), {
    kind: 'evaluate',
    run: run.id,
    split: 'validation',
  })
  expect(run.lastValidation!.activeUnits).toBe(evaluation.activeUnits)
  expect(activeDimensions(run.lastValidation!)).toBeGreaterThan(0)
}, 180_000)

it('statistics have the KL and the active units of the evaluation, and of the validation at that step', async () => {
  const client = studio.connect()
  for (const latentSize of [2, 128]) {
    const {
      id: run,
      lastValidation,
      step,
    } = await trained({ latentSize, length: 40, evaluateEvery: 1e8 })
    const { klPerDimension, active, images } = await client.analysis.statistics({ run })
    const { evaluation } = await resultOf(client, { kind: 'evaluate', run, split: 'validation' })
    expect(images).toBe(evaluation.images)
    expect(lastValidation!.step).toBe(step)
    klPerDimension.forEach((kl, d) => {
      expect(kl).toBeCloseTo(evaluation.klPerDimension[d]!, 4)
      expect(kl).toBeCloseTo(lastValidation!.klPerDimension[d]!, 4)
    })
    expect(active.filter(Boolean)).toHaveLength(evaluation.activeUnits)
  }
}, 180_000)
