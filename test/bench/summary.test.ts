// Medians, ratios, shares, and the document made of them, from made-up times.
import { expect, test } from 'vitest'
import { besidePure, workResult, type BenchDocument } from '../../apps/bench/document.ts'
import { flopsPerStep } from '../../apps/bench/flops.ts'
import { pageOf } from '../../apps/bench/page.ts'
import type { Race } from '../../apps/bench/race.ts'
import { GEMM_FLOPS, median, rowsOf, speedup } from '../../apps/bench/benchSummary.ts'
import { peerSpec, workNamed, workNames } from '../../apps/bench/works.ts'

const scale = { batchSize: 10, flopsPerStep: GEMM_FLOPS / 4, gemmRounds: [1, 1, 1] }

test('median of an odd and an even number of rounds', () => {
  expect(median([3, 1, 100])).toBe(3)
  expect(median([4, 1, 3, 2])).toBe(2.5)
})

test('rows are sorted, and compared with the fastest peer', () => {
  const rows = rowsOf(
    [
      { name: 'eager', side: 'ours', rounds: [8, 9, 7] },
      { name: 'xla-loop', side: 'ours', rounds: [0.5, 0.4, 9] },
      { name: 'A', side: 'peer', rounds: [2, 1, 1] },
      { name: 'B', side: 'peer', rounds: [4] },
      { name: 'C', side: 'peer', rounds: [] },
    ],
    scale,
  )
  expect(rows.map(({ name }) => name)).toEqual(['xla-loop', 'A', 'B', 'eager'])
  expect(rows.map(({ ratioToFastestPeer }) => ratioToFastestPeer)).toEqual([0.5, 1, 4, 8])
  expect(rows[0]).toMatchObject({ imagesPerSecond: 20_000, shareOfPeak: 0.5 })
  expect(speedup(rows, 'eager')).toBe(16)
  expect(speedup(rows, 'graph-step')).toBe(null)
})

test('without peers and peak there is nothing to compare with', () => {
  const [row] = rowsOf([{ name: 'eager', side: 'ours', rounds: [2] }], { ...scale, gemmRounds: [] })
  expect(row).toMatchObject({ ratioToFastestPeer: null, shareOfPeak: null, millisecondsPerStep: 2 })
})

test('operations of a step: 2 x batch x (3 passes, 2 for the first layer) x multiplications', () => {
  const image = { height: 28, width: 28, channels: 1 }
  const wide = 784 * 512 * 2 + 3 * (512 * 4 + 2 * 512 + 512 * 784)
  expect(flopsPerStep(workNamed('tfjs-example').config, image)).toBe(2 * 128 * wide)
  const [c1, c2] = [14 * 14 * 9 * 32, 7 * 7 * 9 * 32 * 64]
  const middle = 3136 * 16 + 16 * 4 + 2 * 3136
  const up = 7 * 7 * 9 * 64 * 64 + 14 * 14 * 9 * 64 * 32 + 28 * 28 * 9 * 32
  expect(flopsPerStep(workNamed('keras-conv').config, image)).toBe(
    2 * 128 * (2 * c1 + 3 * (c2 + middle + up)),
  )
})

test('every work can be told to a peer', () => {
  for (const name of workNames) {
    const work = workNamed(name)
    expect(work.blockSteps % work.readEvery, name).toBe(0)
    expect(peerSpec(work, 'images', 55_000)).toMatchObject({
      batch: work.config.batchSize,
      chunk: work.readEvery,
    })
  }
  expect(peerSpec(workNamed('wide-40'), 'images', 5)).toMatchObject({
    encoder: [400],
    latent: 20,
    dynamic: true,
  })
})

const race: Race = {
  entries: [
    {
      name: 'xla-loop',
      side: 'ours',
      ready: { versions: { node: '24' }, seconds: 3, compileSeconds: 1 },
      rounds: [1, 1],
      readingRounds: [2, 2],
      metrics: [100, 5, 105],
      steps: 400,
      residentBytes: 2 ** 29,
    },
    {
      name: 'JAX scan',
      side: 'peer',
      ready: { versions: { jax: '1' }, seconds: 4 },
      rounds: [2, 2],
      readingRounds: [2, 2],
      metrics: [101, 5, 106],
      steps: 400,
      residentBytes: 2 ** 28,
    },
  ],
  failures: [{ name: 'PyTorch eager', reason: 'no such library' }],
  gemmRounds: [10],
}

test('the document holds both tables, the page shows them', () => {
  const result = workResult(workNamed('tutorial'), race)
  expect(result).toMatchObject({
    ratio: 0.5,
    readingRatio: 1,
    overEager: null,
    failures: race.failures,
  })
  expect(result.gemmGigaflops).toBeCloseTo(GEMM_FLOPS / 10 / 1e6)
  const product = besidePure(
    {
      status: 'finished',
      mode: 'xla-loop',
      steps: 5000,
      secondsToFirstMetric: 2.5,
      compileSeconds: 1,
      stepSeconds: 4,
      wholeSeconds: 6,
      storingShare: 0.008,
      control: { median: 20, p95: 40, most: 45, count: 40 },
      decode: { median: 10, p95: 30, most: 35, count: 40 },
    },
    [result],
  )
  expect(product).toMatchObject({ pureSeconds: 5, wholeOverPure: 1.2, wholeOverSteps: 1.5 })
  const machine = {
    processor: 'P',
    processors: 2,
    platform: 'linux x64',
    node: '24',
    loadBefore: 1,
    loadAfter: 2,
  }
  const document: BenchDocument = { machine, rounds: 2, starts: 3, works: [result], product }
  const page = pageOf(document)
  expect(page).toContain('xla-loop    1.000  16,000             0.50')
  expect(page).toContain(
    'our fastest mode relative to the fastest peer: 0.50 (with every loss read: 1.00)',
  )
  expect(page).toContain('left out: PyTorch eager: no such library')
  expect(page).toContain('its steps 4.00 s: 1.50 times, raced steps 5.00 s: 1.20 times')
  expect(page).toContain('between the steps      0.80 % of their time')
  expect(page).toContain('pause or resume        20 ms, p95 40 ms, most 45 ms')
  expect(JSON.parse(JSON.stringify(document))).toEqual(document)
})
