// Questions about latent spaces put to really trained runs through the contract: stored and live
// answers agree, the same seed gives the same answer, and what cannot be answered is refused with a
// typed error.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { floatsOf } from '../../preload/contract/bytes.ts'
import { forkNode } from '../../main/service/launch.ts'
import { createStudio, type Studio } from '../../main/studio.ts'
import { mostCovariances, mostDraws, type CodesChoice } from '../../preload/contract/analysis.ts'
import type { Client } from '../../preload/contract/client.ts'
import { maxAnswerBytes } from '../../preload/contract/latent.ts'
import { resultOf } from '../kit/job.ts'
import { until } from './scriptedStudio.ts'

const small = {
  encoderLayers: [16],
  decoderLayers: [16],
  batchSize: 16,
  length: 40,
  lengthUnit: 'steps',
  frames: 0,
  evaluateEvery: 1e8,
  backend: 'wasm',
  seed: 5,
}
const codes: CodesChoice = { split: 'validation', images: 200 }

let folder: string
let studio: Studio
let client: Client

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latent-analysis-test-'))
  studio = await createStudio({
    dataFolder: folder,
    cacheFolder: join(folder, 'cache'),
    fork: forkNode(),
    shell: 'serve',
    pages: new Map(),
  })
  client = studio.connect()
  // one after the other: four that train at once on two cores take longer
  for (const [name, config] of Object.entries({
    plane: {},
    line: { latentSize: 1 },
    wide: { latentSize: 128 },
  })) {
    const { id } = await client.runs.create({ name, config: { ...small, ...config } })
    await until(client, id, ['finished'], 60_000)
  }
  await client.runs.create({ name: 'untrained', config: small, start: false })
  const { id } = await client.runs.create({
    name: 'paused',
    config: { ...small, length: 1_000_000 },
  })
  await until(client, id, ['running'], 60_000, 1)
  await client.runs.pause({ run: id })
}, 240_000)
afterAll(async () => {
  await studio.close()
  rmSync(folder, { recursive: true, force: true })
})

const failure = (call: Promise<unknown>) =>
  call.then(
    () => 'none',
    (error: { code?: string; message: string }) => `${error.code}: ${error.message}`,
  )
const zeros = (Z: number) => [Array.from({ length: Z }, () => 0)]

/** Every question once. */
async function all(run: string, Z: number, checkpoint: 'live' | 'last' | number) {
  const subject = { run, checkpoint, codes }
  const nearest = await client.analysis.nearest({ ...subject, z: zeros(Z), count: 5 })
  const explained = await client.analysis.explain({
    run,
    checkpoint,
    image: { kind: 'split', split: 'test', index: 3 },
    samples: 4,
    seed: 6,
  })
  const found = {
    statistics: await client.analysis.statistics(subject),
    density: await client.analysis.density({ ...subject, z: zeros(Z) }),
    nearest,
    explain: explained,
  }
  const methods = await Promise.all(
    (['prior', 'mixture', 'kmeans'] as const).map((method) =>
      client.analysis.clusters({ ...subject, method, k: 3, seed: 2, draws: 9 }),
    ),
  )
  return { ...found, methods }
}

async function planeOf(run: string, images: number, signal?: AbortSignal) {
  const stages: string[] = []
  for await (const item of await client.analysis.project(
    { run, codes: { split: 'validation', images } },
    signal ? { signal } : {},
  )) {
    if (item.kind === 'result') return { stages, ...item.projection }
    stages.push(item.progress.stage)
  }
  throw new Error('expected a projection as the last item')
}

describe.each([
  ['plane', 2],
  ['line', 1],
  ['wide', 128],
] as const)('%s, latent size %i', (run, Z) => {
  it('answers every question, twice the same', async () => {
    const first = await all(run, Z, 'last')
    expect(await all(run, Z, 'last')).toEqual(first)
    const { statistics, density, nearest, explain, methods } = first
    expect(statistics).toMatchObject({ step: 40, live: false, images: 200, latentSize: Z })
    expect(statistics.classes.reduce((sum, { images }) => sum + images, 0)).toBe(200)
    expect(statistics.principal.components).toHaveLength(Math.min(16, Z))
    expect(density.rare).toBeLessThan(density.usual)
    expect(nearest.pixels).toHaveLength(5 * 784)
    expect(explain.pixels).toHaveLength(6 * 784)
    const [prior, mixture, kmeans] = methods
    expect(prior!.clusters).toEqual([])
    expect(
      [mixture, kmeans].map((answer) => [
        answer!.clusters.length,
        answer!.clusters.reduce((sum, { images }) => sum + images, 0),
      ]),
    ).toEqual([
      [3, 200],
      [3, 200],
    ])
    expect(mixture!.clusters.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 9)
    expect(mixture!.clusters[0]!.covariance?.length ?? 'left out').toBe(
      Z === 128 ? 'left out' : Z * Z,
    )
    expect([prior!.count, mixture!.count, kmeans!.count]).toEqual([9, 9, 3])
  })
  it('decodes its draws as latent.decode does', async () => {
    const { draws, pixels, count } = await client.analysis.clusters({
      run,
      codes,
      method: 'mixture',
      k: 2,
      draws: 5,
    })
    const decoded = await client.latent.decode({ run, z: draws })
    expect(decoded.count).toBe(count)
    expect(decoded.pixels).toEqual(pixels)
  })
  it('keeps the largest answer about clusters within what a message may be', async () => {
    const ask = (draws: number, k: number) =>
      client.analysis.clusters({ run, codes, method: 'mixture', k, draws })
    const most = mostDraws(784, Z, 64)
    for (const k of [Math.min(64, Math.floor(mostCovariances / Z ** 2)) || 64, 64]) {
      const { pixels, ...numbers } = await ask(mostDraws(784, Z, k), k)
      expect(JSON.stringify(numbers).length + pixels.length).toBeLessThanOrEqual(maxAnswerBytes)
    }
    if (most < 256)
      expect(await failure(ask(most + 1, 64))).toMatch(/^bad-input: Expected at most .* draws/)
  })
  it('draws others from the same clusters when only the seed of the draws is another', async () => {
    const ask = (drawSeed?: number) =>
      client.analysis.clusters({
        run,
        codes,
        method: 'mixture',
        k: 2,
        seed: 5,
        draws: 5,
        ...(drawSeed === undefined ? {} : { drawSeed }),
      })
    const [usual, same, other] = [await ask(), await ask(5), await ask(6)]
    expect(same.draws).toEqual(usual.draws)
    expect(other.draws).not.toEqual(usual.draws)
    expect(other.clusters).toEqual(usual.clusters)
  })
  it('lays out a plane', async () => {
    const found = await planeOf(run, 60)
    expect(found).toMatchObject({ images: 60, step: 40 })
    expect(found.positions).toHaveLength(120)
    expect(found.positions.every(Number.isFinite)).toBe(true)
    expect(found.stages).toContain('Computing the layout')
    expect((await planeOf(run, 60)).positions).toEqual(found.positions)
  })
})

it('stored and live answers of a paused run agree', async () => {
  const { step } = await client.runs.get({ run: 'paused' })
  const live = await all('paused', 2, 'live')
  expect([live.statistics.live, live.statistics.step]).toEqual([true, step])
  const stored = await all('paused', 2, step)
  const withoutLive = (answer: object) =>
    JSON.parse(
      JSON.stringify(answer, (key, value: unknown) => (key === 'live' ? undefined : value)),
    ) as unknown
  expect(withoutLive(stored)).toEqual(withoutLive(live))
})

it('the nearest images are those whose codes latent.encode gives', async () => {
  const encoded = await client.latent.encode({
    run: 'plane',
    images: { kind: 'split', split: 'validation', first: 0, count: 200 },
  })
  const posteriors = floatsOf(encoded.codes)
  const { points } = await client.analysis.nearest({
    run: 'plane',
    codes,
    z: [[0.4, -0.2]],
    count: 1,
  })
  const distances = Array.from({ length: 200 }, (_, i) =>
    Math.hypot(posteriors[4 * i]! - 0.4, posteriors[4 * i + 1]! + 0.2),
  )
  const least = Math.min(...distances)
  expect(points[0]![0]).toMatchObject({
    index: distances.indexOf(least),
    label: encoded.labels[distances.indexOf(least)],
  })
  expect(points[0]![0]!.distance).toBeCloseTo(least, 6)
})

it('explanations average to the evaluation', async () => {
  let [reconstruction, kl] = [0, 0]
  const ask = (index: number) =>
    client.analysis.explain({
      run: 'plane',
      image: { kind: 'split', split: 'validation', index },
      samples: 1,
    })
  for (let first = 0; first < 300; first += 30) {
    for (const { loss } of await Promise.all(
      Array.from({ length: 30 }, (_, i) => ask(first + i)),
    )) {
      reconstruction += loss.reconstruction / 300
      kl += loss.klPerDimension.reduce((sum, value) => sum + value, 0) / 300
    }
  }
  const { evaluation } = await resultOf(client, {
    kind: 'evaluate',
    run: 'plane',
    split: 'validation',
  })
  // 300 of 5,000 images, other noise: within a few standard errors
  expect(
    Math.abs(reconstruction - evaluation.reconstruction) / evaluation.reconstruction,
  ).toBeLessThan(0.06)
  expect(Math.abs(kl - evaluation.kl) / evaluation.kl).toBeLessThan(0.15)
  expect((await ask(0)).loss.likelihood).toBe(evaluation.likelihood)
})

it('a plane of points is the points listed', async () => {
  const grid = { origin: [1, 2], across: [0.5, 0], down: [0, -1], x: [-1, 0, 1], y: [0, 1] }
  const listed = grid.y.flatMap((y) => grid.x.map((x) => [1 + 0.5 * x, 2 - y]))
  const [plane, list] = await Promise.all(
    [grid, listed].map((z) => client.analysis.density({ run: 'plane', codes, z })),
  )
  expect(plane).toEqual(list)
})

it('an image given as pixels is explained without a label', async () => {
  const image = { kind: 'pixels' as const, pixels: new Uint8Array(784) }
  const answer = await client.analysis.explain({ run: 'plane', image, samples: 0 })
  expect(answer).toMatchObject({ count: 2, label: null, samples: [] })
  expect(answer.loss.total).toBeCloseTo(
    answer.loss.reconstruction +
      answer.loss.klWeight * answer.loss.klPerDimension.reduce((a, b) => a + b),
    9,
  )
})

it('clusters that two wait for are fitted for the one who stays', async () => {
  const leave = new AbortController()
  const images = { split: 'validation' as const, images: 500 }
  const wanted = {
    run: 'wide',
    codes: images,
    method: 'mixture' as const,
    k: 4,
    seed: 77,
    draws: 2,
  }
  const first = client.analysis.clusters(wanted, { signal: leave.signal })
  const second = client.analysis.clusters(wanted)
  setTimeout(() => leave.abort(), 300)
  await expect(first).rejects.toThrow()
  expect((await second).clusters).toHaveLength(4)
})

it('a plane that nobody waits for any more is given up', async () => {
  const leave = new AbortController()
  setTimeout(() => leave.abort(), 300)
  await expect(planeOf('plane', 5000, leave.signal)).rejects.toThrow()
  expect((await planeOf('plane', 50)).images).toBe(50)
})

it.each<[string, () => Promise<unknown>, RegExp]>([
  [
    'points of another size',
    () => client.analysis.density({ run: 'plane', codes, z: [[1, 2, 3]] }),
    /^bad-input: .*2 numbers.*one of 3/,
  ],
  ['NaN', () => client.analysis.density({ run: 'plane', codes, z: [[NaN, 0]] }), /^bad-input/],
  [
    'points beyond all sense',
    () => client.analysis.nearest({ run: 'plane', codes, z: [[1e9, 0]] }),
    /^bad-input: .*1000000/,
  ],
  [
    'a plane of too many points',
    () =>
      client.analysis.density({
        run: 'plane',
        codes,
        z: {
          origin: [0, 0],
          across: [1, 0],
          down: [0, 1],
          x: Array.from({ length: 100 }, (_, i) => i),
          y: Array.from({ length: 100 }, (_, i) => i),
        },
      }),
    /^bad-input: .*4096.*10000/,
  ],
  [
    'too many neighbours',
    () =>
      client.analysis.nearest({
        run: 'plane',
        codes,
        z: Array.from({ length: 64 }, () => [0, 0]),
        count: 64,
      }),
    /^bad-input: .*384 KiB/,
  ],
  [
    'more clusters than images',
    () =>
      client.analysis.clusters({
        run: 'plane',
        codes: { split: 'test', images: 3 },
        method: 'mixture',
        k: 4,
      }),
    /^bad-input: Expected 1 to 3 clusters/,
  ],
  ['more neighbours than images', () => planeOf('plane', 10), /^bad-input: .*neighbours/],
  [
    'an image past the end',
    () =>
      client.analysis.explain({
        run: 'plane',
        image: { kind: 'split', split: 'test', index: 10_000 },
      }),
    /^bad-input: .*10000/,
  ],
  [
    'pixels of another size',
    () =>
      client.analysis.explain({
        run: 'plane',
        image: { kind: 'pixels', pixels: new Uint8Array(5) },
      }),
    /^bad-input: .*784 bytes.*found 5/,
  ],
  [
    'a run without checkpoints',
    () => client.analysis.statistics({ run: 'untrained', codes }),
    /^wrong-state: .*none yet/,
  ],
  [
    'a step without a checkpoint',
    () => client.analysis.statistics({ run: 'plane', checkpoint: 7, codes }),
    /^not-found/,
  ],
])('refuses %s', async (_what, ask, expected) => {
  expect(await failure(ask())).toMatch(expected)
})

it('takes all of a split when more images are asked for', async () => {
  expect(
    (
      await client.analysis.statistics({
        run: 'line',
        codes: { split: 'validation', images: 70_000 },
      })
    ).images,
  ).toBe(5000)
})
