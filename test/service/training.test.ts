// The real path: real hosts train on real MNIST, several at once; one is killed and resumed, and
// its series and final weights are those of the run that nobody touched, bit for bit.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { floatsOf } from '../../preload/contract/bytes.ts'
import { readSafetensors } from '../../main/engine/checkpoint.ts'
import { forkNode } from '../../main/service/launch.ts'
import { createStudio, type Studio } from '../../main/studio.ts'
import type { Client } from '../../preload/contract/client.ts'
import type { Run } from '../../preload/contract/records.ts'
import { until } from './scriptedStudio.ts'

// small, and on the rung that every machine has; the other rungs have tests of their own
const config = {
  encoderLayers: [16],
  decoderLayers: [16],
  batchSize: 16,
  length: 160,
  lengthUnit: 'steps',
  frames: 3,
  evaluateEvery: 1e8,
  backend: 'wasm',
  seed: 5,
}

let folder: string
let studio: Studio
let client: Client
const trainers: number[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latent-training-test-'))
  const fork = forkNode()
  const watched: typeof fork = (role) => {
    const port = fork(role)
    if (role === 'trainer' && port.pid !== null) trainers.push(port.pid)
    return port
  }
  studio = await createStudio({
    dataFolder: folder,
    cacheFolder: join(folder, 'cache'),
    fork: watched,
    shell: 'serve',
    pages: new Map(),
  })
  client = studio.connect()
})
afterAll(async () => {
  await studio.close()
  rmSync(folder, { recursive: true, force: true })
})

const series = async (run: Run) => (await client.runs.metrics({ run: run.id, points: 1000 })).data

async function finalWeights(run: Run): Promise<unknown> {
  const checkpoints = await client.runs.checkpoints({ run: run.id })
  const last = checkpoints.findLast(
    ({ step, reason }) => step === config.length && reason !== 'frame',
  )
  expect(last?.usable).toBe(true)
  return readSafetensors(new Uint8Array(readFileSync(join(folder, 'runs', run.id, last!.file))))
    .tensors
}

it('trains two at once, answers from live weights, and replays exactly after a kill', async () => {
  const untouched = await client.runs.create({ config, name: 'untouched' })
  await until(client, untouched.id, ['running'], 60_000, 1)
  const killed = await client.runs.create({ config, name: 'killed' })
  const pid = trainers.at(-1)!
  await until(client, killed.id, ['running'], 60_000, 20)
  expect(
    await client.latent.decode({
      run: killed.id,
      z: [
        [0, 0],
        [1, -1],
      ],
    }),
  ).toMatchObject({ live: true, count: 2, width: 28, height: 28 })
  const paused = await client.runs.pause({ run: killed.id })
  expect(paused.status).toBe('paused')
  const { step } = paused
  // the answer does not wait for the disk
  await expect
    .poll(
      async () =>
        (await client.runs.checkpoints({ run: killed.id })).map((each) => [each.step, each.reason]),
      { timeout: 10_000 },
    )
    .toContainEqual([step, 'pause'])
  expect((await client.runs.get({ run: killed.id })).step).toBe(step)
  await client.runs.resume({ run: killed.id })
  await until(client, killed.id, ['running'], 60_000, step + 20)
  process.kill(pid, 'SIGKILL')
  const interrupted = await until(client, killed.id, ['interrupted'], 60_000)
  expect(interrupted.statusReason).toMatch(/killed by SIGKILL/)
  await client.runs.resume({ run: killed.id })
  const [one, other] = [
    await until(client, untouched.id, ['finished'], 120_000),
    await until(client, killed.id, ['finished'], 120_000),
  ]
  expect([one.step, other.step]).toEqual([160, 160])
  expect((await client.runs.events({ run: killed.id })).map(({ kind }) => kind)).toContain(
    'replayed',
  )
  expect(await series(other)).toEqual(await series(one))
  expect(await finalWeights(other)).toEqual(await finalWeights(one))
  // frames keep weights: of 160 steps with 3 frames at 0, 1, 13 and 160
  const drawn = await Promise.all(
    [one, other].map(({ id }) => client.latent.decode({ run: id, checkpoint: 13, z: [[1, -1]] })),
  )
  expect(drawn.map(({ step, live }) => [step, live])).toEqual([
    [13, false],
    [13, false],
  ])
  expect(drawn[1]!.pixels).toEqual(drawn[0]!.pixels)
}, 240_000)

it('paused, ends with the reason when the checkpoint of the pause finds no folder', async () => {
  const { id } = await client.runs.create({
    config: { ...config, length: 1_000_000 },
    name: 'folder gone',
  })
  await until(client, id, ['running'], 60_000, 1)
  await expect
    .poll(async () => (await client.runs.checkpoints({ run: id })).map(({ reason }) => reason), {
      timeout: 10_000,
    })
    .toContain('start')
  rmSync(join(folder, 'runs', id), { recursive: true })
  await client.runs.pause({ run: id })
  const failed = await until(client, id, ['failed'], 10_000)
  expect(failed.statusReason).toMatch(
    /^Expected to write the checkpoint of step [\d,]+ in .*, found .*then resume/,
  )
}, 90_000)

it('answers from the stored checkpoint when training is over', async () => {
  const { pixels, ...manifold } = await client.latent.manifold({ run: 'untouched', grid: 10 })
  expect(manifold).toMatchObject({ live: false, step: 160, count: 100, grid: 10 })
  const bytes = pixels
  expect(bytes.length).toBe(100 * 784)
  expect(new Set(bytes).size).toBeGreaterThan(10)
  const codes = await client.latent.encode({
    run: 'untouched',
    images: { kind: 'split', split: 'test', first: 0, count: 20 },
  })
  expect(codes).toMatchObject({
    count: 20,
    latentSize: 2,
    labels: [7, 2, 1, 0, 4, 1, 4, 9, 5, 9, 0, 6, 9, 0, 1, 5, 9, 7, 3, 4],
  })
  const values = floatsOf(codes.codes)
  expect(values.length).toBe(20 * 4)
  expect(values.every(Number.isFinite)).toBe(true)
  const same = await client.latent.sample({ run: 'untouched', count: 3, seed: 9 })
  const again = await client.latent.sample({ run: 'untouched', count: 3, seed: 9 })
  expect(again.z).toEqual(same.z)
  expect(again.pixels).toEqual(same.pixels)
}, 60_000)

it('says which backends there are, with a reason for each', async () => {
  const { active, ladder } = await client.system.backends({})
  expect(ladder.map(({ rung }) => rung)).toEqual(['cuda', 'tensorflow', 'wasm', 'js'])
  expect(ladder.find(({ rung }) => rung === active)?.ok).toBe(true)
  for (const { ok, reason } of ladder) if (!ok) expect(reason).not.toBe('')
}, 60_000)
