// Densities, statistics, principal components, neighbours and cluster labels against scipy, numpy
// and scikit-learn.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  aggregateLogDensity,
  aggregateOf,
  drawAggregate,
  priorLogDensity,
  type Aggregate,
} from '../../main/engine/aggregate.ts'
import { aggregateLogDensities } from '../../main/engine/aggregateProduct.ts'
import { clusterLabels } from '../../main/engine/clusterLabels.ts'
import { drawnBetween, drawnOnce } from '../../main/engine/plan.ts'
import { purity } from '../../main/engine/kmeans.ts'
import {
  classMeans,
  columnQuantiles,
  meanKlPerDimension,
  sortedQuantiles,
} from '../../main/engine/latentStatistics.ts'
import { nearestRows } from '../../main/engine/neighbours.ts'
import { covarianceOf, eigenOf } from '../../main/engine/principal.ts'
import { layout } from '../../main/host/analyses/layout.ts'
import { normals } from '../../main/engine/random.ts'
import * as tf from '../../main/engine/tf.ts'
import { testBackend } from '../kit/backend.ts'
import { expectClose, flatten } from '../kit/reference.ts'

interface Case {
  mean: number[][]
  log_variance: number[][]
  points: number[][]
  labels: number[]
  posterior: number[]
  prior: number[]
  kl_per_dimension: number[]
  column_mean: number[]
  column_deviation: number[]
  quantiles: number[][]
  classes: { label: number; images: number; mean: number[] }[]
  components: number[][]
  variances: number[]
  neighbours: { indices: number[][]; distances: number[][] }
}
interface Reference {
  levels: number[]
  cases: Record<string, Case>
  purity: { assignments: number[]; labels: number[]; purity: number; shares: number[] }
  blobs: {
    points: number[][]
    labels: number[]
    neighbours: number
    trustworthiness_of_two_columns: number
  }
}
const file = join(import.meta.dirname, '../reference-other/analysis.json')
const known = JSON.parse(readFileSync(file, 'utf8')) as Reference
const atOnce = () => Promise.resolve()
beforeAll(() => testBackend())

function densities(aggregate: Aggregate, z: Float64Array): Float64Array {
  const out = new Float64Array(z.length / aggregate.latentSize)
  aggregateLogDensity(aggregate, z, 0, out.length, out)
  return out
}

describe.each(Object.entries(known.cases))('%s', (_name, given) => {
  const Z = given.mean[0]!.length
  const mean = Float32Array.from(flatten(given.mean))
  const logVariance = Float32Array.from(flatten(given.log_variance))
  const points = Float64Array.from(flatten(given.points))
  const aggregate = aggregateOf(mean, logVariance, Z)

  it('densities of prior and aggregate posterior', () => {
    expectClose(densities(aggregate, points), given.posterior, 1e-9, 1e-9, 'aggregate posterior')
    expectClose(priorLogDensity(points, Z), given.prior, 1e-12, 1e-12, 'prior')
  })
  it('densities by products of matrices', async () => {
    expectClose(
      await aggregateLogDensities(aggregate, points, atOnce),
      given.posterior,
      0,
      2e-4,
      'aggregate posterior',
    )
  })
  it('statistics of the dimensions', () => {
    expectClose(
      meanKlPerDimension(mean, logVariance, Z),
      given.kl_per_dimension,
      1e-10,
      1e-12,
      'KL',
    )
    given.quantiles.forEach((row, d) =>
      expectClose(columnQuantiles(mean, Z, d, known.levels), row, 1e-9, 1e-12, `quantiles ${d}`),
    )
    const classes = classMeans(mean, Z, given.labels)
    expect(classes.map(({ label, images }) => [label, images])).toEqual(
      given.classes.map(({ label, images }) => [label, images]),
    )
    classes.forEach((found, i) =>
      expectClose(found.mean, given.classes[i]!.mean, 1e-9, 1e-12, 'class mean'),
    )
  })
  it('principal components', async () => {
    const found = await covarianceOf(mean, Z, atOnce)
    expectClose(found.mean, given.column_mean, 1e-10, 1e-12, 'mean')
    const deviations = given.column_deviation.map((_, d) => Math.sqrt(found.covariance[d * Z + d]!))
    expectClose(deviations, given.column_deviation, 1e-10, 1e-12, 'deviation')
    const { values, vectors } = await eigenOf(found.covariance, Z, atOnce)
    expectClose(values, given.variances, 1e-9, 1e-12, 'variances')
    expectClose(vectors, given.components, 1e-6, 1e-7, 'components')
  })
  it('neighbours', () => {
    given.points.forEach((point, i) => {
      const found = nearestRows(mean, Z, point, 6)
      expect(found.map(({ index }) => index)).toEqual(given.neighbours.indices[i])
      expectClose(
        found.map(({ distance }) => distance),
        given.neighbours.distances[i]!,
        1e-9,
        1e-12,
        'distances',
      )
    })
  })
  it('draws follow the aggregate posterior, the same for the same seed', () => {
    const draws = drawAggregate(aggregate, 20_000, 4)
    expect(drawAggregate(aggregate, 20_000, 4)).toEqual(draws)
    expect(drawAggregate(aggregate, 20_000, 5)).not.toEqual(draws)
    for (let d = 0; d < Z; d++) {
      let [sum, square] = [0, 0]
      for (let i = 0; i < 20_000; i++) {
        sum += draws[i * Z + d]! / 20_000
        square += draws[i * Z + d]! ** 2 / 20_000
      }
      // variance of a mixture: of the means, plus the mean of the variances
      const inner = given.log_variance.reduce(
        (total, row) => total + Math.exp(row[d]!) / given.mean.length,
        0,
      )
      const variance = given.column_deviation[d]! ** 2 + inner
      expectClose(
        [sum],
        [given.column_mean[d]!],
        0,
        5 * Math.sqrt(variance / 20_000),
        `mean of the draws, dimension ${d}`,
      )
      expectClose([square - sum ** 2], [variance], 0.08, 0, `variance of the draws, dimension ${d}`)
    }
  })
})

describe('densities by products of matrices', () => {
  const [N, Z] = [5000, 24] // more images than one block has
  it.each([
    ['collapsed', 0, 0, 1],
    ['spread', 1, -3, 1],
    ['so narrow that float32 tells nothing', 30, -16, 1],
    ['far away', 1, -3, 1e5],
  ])('%s: as term by term, nothing left on the device', async (_name, spread, logVariance, far) => {
    const mean = Float32Array.from(normals(3, 'aggregate', 0, N * Z), (value) => value * spread)
    const aggregate = aggregateOf(mean, new Float32Array(N * Z).fill(logVariance), Z)
    const z = drawAggregate(aggregate, 40, 1).map((value) => value * far)
    const before = tf.memory().numTensors
    const expected = [...densities(aggregate, z)]
    expectClose(
      await aggregateLogDensities(aggregate, z, atOnce),
      expected,
      1e-12,
      2e-4,
      'log density',
    )
    expect(tf.memory().numTensors).toBe(before)
  })
  it.each([-8, -12, -16, -20])('narrow images among wide ones, log variance %d', async (narrow) => {
    const mean = normals(3, 'aggregate', 0, 400 * Z)
    const logVariance = Float32Array.from({ length: 400 * Z }, (_, at) =>
      Math.floor(at / Z) % 2 ? narrow : 0,
    )
    const aggregate = aggregateOf(Float32Array.from(mean), logVariance, Z)
    // some as a narrow image has them, some farther out, where a wide one is about as likely
    const noise = normals(4, 'aggregate', 0, 200 * Z)
    const far = (image: number) => Math.exp(narrow / 2) * (0.5 + 0.02 * image)
    const z = Float64Array.from(noise, (value, at) => {
      const image = 2 * Math.floor(at / Z) + 1
      return Math.fround(mean[image * Z + (at % Z)]!) + value * far(image)
    })
    const expected = [...densities(aggregate, z)]
    expectClose(
      await aggregateLogDensities(aggregate, z, atOnce),
      expected,
      1e-12,
      2e-4,
      'log density',
    )
  })
  it('gives up between two stretches, and leaves nothing on the device', async () => {
    const aggregate = aggregateOf(new Float32Array(N * Z), new Float32Array(N * Z), Z)
    const before = tf.memory().numTensors
    const left = aggregateLogDensities(aggregate, new Float64Array(40 * Z), () =>
      Promise.reject(new Error('enough')),
    )
    await expect(left).rejects.toThrow('enough')
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('principal components', () => {
  it('of 128 dimensions are orthogonal and rebuild the matrix', async () => {
    const Z = 128
    const matrix = new Float64Array(Z * Z)
    for (let a = 0; a < Z; a++)
      for (let b = 0; b < Z; b++) matrix[a * Z + b] = Math.exp(-Math.abs(a - b) / 9)
    const { values, vectors } = await eigenOf(matrix, Z, atOnce)
    const row = (i: number) => vectors.subarray(i * Z, (i + 1) * Z)
    for (const [i, j] of [
      [0, 0],
      [0, 1],
      [5, 77],
      [127, 127],
      [126, 127],
    ] as const)
      expectClose(
        [row(i).reduce((sum, value, d) => sum + value * row(j)[d]!, 0)],
        [i === j ? 1 : 0],
        0,
        1e-12,
        `rows ${i}, ${j}`,
      )
    const rebuilt = matrix.map((_, at) =>
      values.reduce(
        (sum, value, i) => sum + value * row(i)[Math.floor(at / Z)]! * row(i)[at % Z]!,
        0,
      ),
    )
    expectClose(rebuilt, [...matrix], 0, 1e-11, 'rebuilt')
  })
  it('of any small matrix of whole numbers, also with equal values and without rank, rebuild it', async () => {
    const matrices = fc
      .integer({ min: 1, max: 7 })
      .chain((Z) =>
        fc
          .array(fc.integer({ min: -3, max: 3 }), { minLength: Z * Z, maxLength: Z * Z })
          .map((numbers) => ({ Z, numbers })),
      )
    await fc.assert(
      fc.asyncProperty(matrices, async ({ Z, numbers }) => {
        const matrix = Float64Array.from(
          numbers,
          (_, at) => numbers[Math.min(at, (at % Z) * Z + Math.floor(at / Z))]!,
        )
        const { values, vectors } = await eigenOf(matrix, Z, atOnce)
        const rebuilt = matrix.map((_, at) =>
          values.reduce(
            (sum, value, i) =>
              sum + value * vectors[i * Z + Math.floor(at / Z)]! * vectors[i * Z + (at % Z)]!,
            0,
          ),
        )
        expectClose(rebuilt, [...matrix], 0, 1e-11, 'rebuilt')
        expect([...values]).toEqual([...values].sort((a, b) => b - a))
      }),
    )
  })
  it('of one dimension, and of one that does not vary', async () => {
    const { covariance } = await covarianceOf(Float32Array.of(1, 1, 1), 1, atOnce)
    expect(await eigenOf(covariance, 1, atOnce)).toEqual({
      values: Float64Array.of(0),
      vectors: Float64Array.of(1),
    })
  })
})

describe('neighbours', () => {
  it('are those of a full sort, whatever the numbers', () => {
    const numbers = fc.array(
      fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 })),
      {
        minLength: 1,
        maxLength: 40,
      },
    )
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 45 }), (table, count) => {
        const sorted = table
          .map(([x, y], index) => ({ index, distance: Math.sqrt(x * x + y * y) }))
          .sort((a, b) => a.distance - b.distance || a.index - b.index)
        expect(nearestRows(table.flat(), 2, [0, 0], count)).toEqual(sorted.slice(0, count))
      }),
    )
  })
})

describe('cluster labels', () => {
  const { assignments, labels, shares } = known.purity
  it('purity of all and of each', () => {
    expectClose([purity(Int32Array.from(assignments), labels)], [known.purity.purity], 1e-12)
    expectClose(
      clusterLabels(assignments, labels, 5).map(({ purity: share }) => share!),
      shares,
      1e-12,
    )
  })
  it('null without labels and without points', () => {
    expect(clusterLabels([0, 0], null, 1)).toEqual([{ label: null, purity: null, points: 2 }])
    expect(clusterLabels([0, 0], [7, 7], 2)[1]).toEqual({ label: null, purity: null, points: 0 })
  })
})

it('quantiles of a single value are that value', () =>
  expect(sortedQuantiles([3], [0.01, 0.5])).toEqual([3, 3]))

it('pixels drawn for a part of the images are those drawn for all', () => {
  const images = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 37) % 256)
  const all = drawnOnce(9, images)
  for (const [first, last] of [
    [0, 784],
    [65_000, 66_000],
    [65_536, 65_537],
    [131_000, 200_000],
  ] as const)
    expect(drawnBetween(9, images, first, last)).toEqual(all.subarray(first, last))
})

describe('UMAP plane', () => {
  const { points, labels, neighbours, trustworthiness_of_two_columns } = known.blobs
  const Z = points[0]!.length
  const task = {
    kind: 'layout' as const,
    points: Float64Array.from(points.flat()),
    latentSize: Z,
    seed: 1,
    neighbours: 10,
    minimumDistance: 0.1,
  }
  const plane = layout(task, () => undefined)
  const rows = Array.from({ length: points.length }, (_, i) => [plane[2 * i]!, plane[2 * i + 1]!])

  it('keeps neighbours together (trustworthiness, Venna & Kaski 2001)', () => {
    const two = points.map((row) => row.slice(0, 2))
    expectClose([trustworthiness(points, two, neighbours)], [trustworthiness_of_two_columns], 1e-9)
    expect(trustworthiness(points, rows, neighbours)).toBeGreaterThan(0.9)
  })
  it('keeps groups apart: nearly every nearest neighbour is of the same one', () => {
    const same = rows.filter(
      (row, i) => labels[nearestRows(plane, 2, row, 2)[1]!.index] === labels[i],
    ).length
    expect(same / rows.length).toBeGreaterThan(0.95)
  })
  it('is the same for the same seed and tells its progress', () => {
    const told: number[] = []
    expect(layout(task, (done) => told.push(done))).toEqual(plane)
    expect(told.at(-1)).toBe(told.length)
    expect(layout({ ...task, seed: 2 }, () => undefined)).not.toEqual(plane)
  })
})

// 1 - 2 / (N n (2N - 3n - 1)) sum over points of how far beyond the n nearest its neighbours in the
// plane are in truth
function trustworthiness(truth: number[][], plane: number[][], n: number): number {
  const N = truth.length
  const ranked = (table: number[][], i: number) =>
    nearestRows(table.flat(), table[0]!.length, table[i]!, N)
      .map(({ index }) => index)
      .filter((index) => index !== i)
  let sum = 0
  for (let i = 0; i < N; i++) {
    const rank = new Map(ranked(truth, i).map((index, place) => [index, place + 1]))
    for (const index of ranked(plane, i).slice(0, n)) sum += Math.max(0, rank.get(index)! - n)
  }
  return 1 - (2 / (N * n * (2 * N - 3 * n - 1))) * sum
}
