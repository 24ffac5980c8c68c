// A whole run taken elsewhere halfway: imported into another store it trains on to the same series
// and weights, bit for bit, as the run that was never exported, and evaluates to the same numbers.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readSafetensors } from '../../main/engine/checkpoint.ts'
import { forkNode } from '../../main/service/launch.ts'
import { createStudio, type Studio } from '../../main/studio.ts'
import type { Client } from '../../preload/contract/client.ts'
import { resultOf } from '../kit/job.ts'
import { until } from '../service/scriptedStudio.ts'

const config = {
  ...{
    encoderLayers: [16],
    decoderLayers: [16],
    batchSize: 16,
    length: 120,
    lengthUnit: 'steps',
    frames: 3,
  },
  ...{ evaluateEvery: 50, backend: 'wasm', seed: 5 },
}
const folder = mkdtempSync(join(tmpdir(), 'latent-resumed-'))
const studios: Studio[] = []
let here: Client
let there: Client

beforeAll(async () => {
  for (const name of ['here', 'there'])
    studios.push(
      await createStudio({
        ...{
          dataFolder: join(folder, name),
          cacheFolder: join(folder, 'cache'),
          fork: forkNode(),
          shell: 'serve',
        },
        pages: new Map(),
      }),
    )
  ;[here, there] = studios.map((studio) => studio.connect()) as [Client, Client]
})
afterAll(async () => {
  for (const studio of studios) await studio.close()
  rmSync(folder, { recursive: true, force: true })
})

async function outcome(client: Client, place: string, run: string) {
  const end = (await client.runs.checkpoints({ run })).findLast(
    ({ step, reason }) => step === config.length && reason !== 'frame',
  )!
  const { header, tensors } = readSafetensors(
    new Uint8Array(readFileSync(join(folder, place, 'runs', run, end.file))),
  )
  const { data } = await client.runs.metrics({ run, points: 1000 })
  return {
    names: Object.keys(header).filter((name) => name !== '__metadata__'),
    tensors,
    data,
    validations: await client.runs.validations({ run }),
  }
}

it('resumes exactly, and evaluates as before', async () => {
  const run = await here.runs.create({ config, name: 'moved' })
  await until(here, run.id, ['running'], 60_000, 20)
  const { step } = await here.runs.stop({ run: run.id })
  expect(step).toBeLessThan(config.length)
  const path = join(folder, 'moved.latent')
  await resultOf(here, { kind: 'export', run: run.id, format: 'latent', path })
  const { run: imported } = await resultOf(there, { kind: 'import', path })
  expect(await there.runs.get({ run: imported })).toMatchObject({ status: 'stopped', step })
  const evaluation = { kind: 'evaluate', split: 'validation', samples: 2 } as const
  const [before, after] = [
    await resultOf(here, { ...evaluation, run: run.id }),
    await resultOf(there, { ...evaluation, run: imported }),
  ]
  expect(before.evaluation).toMatchObject({ step, images: 5000 })
  expect(after).toEqual(before)
  await here.runs.resume({ run: run.id })
  const stayed = await until(here, run.id, ['finished'], 120_000)
  await there.runs.resume({ run: imported })
  const moved = await until(there, imported, ['finished'], 120_000)
  expect([stayed.step, moved.step]).toEqual([config.length, config.length])
  expect(await outcome(there, 'there', imported)).toEqual(await outcome(here, 'here', run.id))
  // what it is held against is a run with training in it
  const whole = await here.runs.create({ config, name: 'never stopped' })
  await until(here, whole.id, ['finished'], 120_000)
  const [{ data, tensors }, never] = [
    await outcome(there, 'there', imported),
    await outcome(here, 'here', whole.id),
  ]
  expect([data, tensors]).toEqual([never.data, never.tensors])
  expect(new Set(data).size).toBeGreaterThan(100)
}, 240_000)
