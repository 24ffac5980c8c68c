// K-means, the mixture and the divergences against scikit-learn and scipy (clusters.json, kl.json).
import { describe, expect, test } from 'vitest'
import { discreteDivergence, entropy, normalDivergence } from '../../main/engine/divergence.ts'
import { kMeans, purity } from '../../main/engine/kmeans.ts'
import { fitMixture, mixtureLogDensity, sampleMixture } from '../../main/engine/mixture.ts'
import { expectClose, flatten, reference } from '../kit/reference.ts'

interface Clusters {
  points: number[][]
  labels: number[]
  kmeans: { inertia: number; centers: number[][] }
  gmm: {
    mean_log_likelihood: number
    weights: number[]
    means: number[][]
    covariances: number[][][]
  }
}
const clusters = reference<Clusters>('clusters')
const points = Float64Array.from(flatten(clusters.points))
const D = clusters.points[0]!.length

// Clusters have no order of their own: sorted by mean y, then x, as in the file.
const order = (means: ArrayLike<number>, k: number): number[] =>
  Array.from({ length: k }, (_, c) => c).sort(
    (a, b) => means[a * D + 1]! - means[b * D + 1]! || means[a * D]! - means[b * D]!,
  )
const rows = (values: ArrayLike<number>, indices: number[], size: number) =>
  indices.flatMap((index) => Array.from({ length: size }, (_, i) => values[index * size + i]!))

describe('K-means', () => {
  const k = clusters.kmeans.centers.length
  const found = kMeans(points, D, { k })

  test('inertia and centres', () => {
    expectClose([found.inertia], [clusters.kmeans.inertia], 1e-6, 0, 'inertia')
    const wanted = flatten(clusters.kmeans.centers)
    expectClose(
      rows(found.centres, order(found.centres, k), D),
      rows(wanted, order(wanted, k), D),
      1e-5,
      1e-5,
      'centres',
    )
  })
  test('same seed, same clusters; purity is 1 for its own assignments', () => {
    expect(kMeans(points, D, { k }).assignments).toEqual(found.assignments)
    expect(purity(found.assignments, found.assignments)).toBe(1)
    expect(purity(found.assignments, clusters.labels)).toBeLessThan(1)
  })
  test('more clusters than points', () => {
    expect(() => kMeans(points, D, { k: clusters.points.length + 1 })).toThrow(/expected 1 to/)
  })
})

describe('Gaussian mixture', () => {
  const { gmm } = clusters
  const k = gmm.weights.length
  const found = fitMixture(points, D, { k })

  test('likelihood, weights, means, covariances', () => {
    expectClose(
      [found.meanLogLikelihood],
      [gmm.mean_log_likelihood],
      1e-5,
      0,
      'mean log-likelihood',
    )
    const sorted = order(found.means, k)
    expectClose(rows(found.weights, sorted, 1), gmm.weights, 1e-3, 1e-3, 'weights')
    expectClose(rows(found.means, sorted, D), gmm.means, 2e-3, 2e-3, 'means')
    expectClose(rows(found.covariances, sorted, D * D), gmm.covariances, 5e-3, 2e-3, 'covariances')
  })
  test('its density at the points is its likelihood, and its draws follow it', () => {
    const logs = mixtureLogDensity(points, found)
    expectClose(
      [logs.reduce((sum, value) => sum + value, 0) / logs.length],
      [found.meanLogLikelihood],
      1e-9,
    )
    const draws = sampleMixture(found, 20_000, 1)
    const meanOf = (d: number) =>
      draws.reduce((sum, value, i) => (i % D === d ? sum + value : sum), 0) / 20_000
    const expected = (d: number) =>
      found.weights.reduce((sum, weight, c) => sum + weight * found.means[c * D + d]!, 0)
    for (let d = 0; d < D; d++)
      expectClose([meanOf(d)], [expected(d)], 0, 0.05, `mean of the draws, dimension ${d}`)
    expect(sampleMixture(found, 20_000, 1)).toEqual(draws)
    expect(sampleMixture(found, 20_000, 2)).not.toEqual(draws)
  })
})

describe('divergences', () => {
  interface Kl {
    normals: { mean1: number; std1: number; mean2: number; std2: number; kl: number }[]
    discrete: {
      pk: number[]
      qk: number[]
      base: number | null
      kl: number | null
      entropy: number
    }[]
  }
  const kl = reference<Kl>('kl')
  test('normals', () => {
    for (const { mean1, std1, mean2, std2, kl: expected } of kl.normals)
      expectClose(
        [
          normalDivergence(
            { mean: mean1, standardDeviation: std1 },
            { mean: mean2, standardDeviation: std2 },
          ),
        ],
        [expected],
        1e-9,
        1e-12,
      )
  })
  test('discrete, in nats and other bases', () => {
    for (const { pk, qk, base, kl: expected, entropy: ofP } of kl.discrete) {
      expectClose([entropy(pk, base ?? undefined)], [ofP], 1e-9, 1e-12)
      const found = discreteDivergence(pk, qk, base ?? undefined)
      if (expected === null || !Number.isFinite(expected)) expect(found).toBe(Infinity)
      else expectClose([found], [expected], 1e-9, 1e-12)
    }
  })
})
