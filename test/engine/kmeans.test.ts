// K-means on many sets of overlapping clusters against scikit-learn (test/reference/kmeans.py): no
// worse optima.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { kMeans } from '../../main/engine/kmeans.ts'

const file = join(import.meta.dirname, '..', 'reference', 'kmeans.json')
const { inertia, eighth_set_first_point } = JSON.parse(readFileSync(file, 'utf8')) as {
  inertia: number[]
  eighth_set_first_point: number[]
}

/** The set of kmeans.py, to the last bit. */
function clusterSet(index: number): { points: Float64Array; D: number; k: number } {
  let state = index + 1
  const next = () => (state = (Math.imul(1_664_525, state) + 1_013_904_223) >>> 0) / 2 ** 32
  const normal = () => {
    let sum = 0
    for (let i = 0; i < 12; i++) sum += next()
    return sum - 6
  }
  const [D, k, N] = [2 + (index % 5), 3 + (index % 18), 300 + 50 * (index % 7)]
  const side = 3 + 5 * next()
  const centres = Float64Array.from({ length: k * D }, () => side * next())
  const points = Float64Array.from(
    { length: N * D },
    (_, at) => centres[(Math.floor(at / D) % k) * D + (at % D)]! + normal(),
  )
  return { points, D, k }
}

test('the mean ratio to the inertia of KMeans(n_init=10) over 200 sets is at most 1.0002', () => {
  expect(inertia).toHaveLength(200)
  expect([...clusterSet(7).points.subarray(0, eighth_set_first_point.length)]).toEqual(
    eighth_set_first_point,
  )
  const ratios = inertia.map((wanted, index) => {
    const { points, D, k } = clusterSet(index)
    return kMeans(points, D, { k, restarts: 10, seed: index }).inertia / wanted
  })
  const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length
  console.log(
    `k-means: mean inertia ${mean.toFixed(6)} of scikit-learn's, from ${Math.min(...ratios).toFixed(4)} to ${Math.max(...ratios).toFixed(4)}`,
  )
  expect(mean).toBeLessThanOrEqual(1.0002)
})
