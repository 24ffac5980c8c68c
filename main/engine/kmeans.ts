// K-means: Lloyd's algorithm from greedy k-means++ beginnings (Arthur & Vassilvitskii 2007; several
// candidates for each centre, as scikit-learn does it), several times, the best kept. Points are N
// x D row-major. Deterministic by seed.
import { uniform24 } from './random.ts'

export interface KMeans {
  /** k x D row-major. */
  centres: Float64Array
  /** Index of the nearest centre for each point. */
  assignments: Int32Array
  /** Sum over points of the squared distance to their centre. */
  inertia: number
  iterations: number
}

export interface KMeansOptions {
  k: number
  seed?: number
  /** Independent beginnings; the one with the least inertia is kept. */
  restarts?: number
  maximumIterations?: number
}

/** Throws RangeError when k is not between 1 and the number of points. */
export function kMeans(
  points: Float64Array,
  dimensions: number,
  { k, seed = 0, restarts = 10, maximumIterations = 300 }: KMeansOptions,
): KMeans {
  const N = points.length / dimensions
  if (!Number.isInteger(k) || k < 1 || k > N)
    throw new RangeError(`expected 1 to ${N} clusters (there are ${N} points), found ${k}`)
  const trials = candidates(k)
  let best: KMeans | null = null
  for (let restart = 0; restart < restarts; restart++) {
    const uniforms = uniform24(seed, 'clusters', restart, 1 + (k - 1) * trials)
    const found = lloyd(
      points,
      dimensions,
      plusPlus(points, dimensions, k, uniforms),
      maximumIterations,
    )
    if (!best || found.inertia < best.inertia) best = found
  }
  return best!
}

/** Candidates for each centre after the first. */
const candidates = (k: number) => 2 + Math.floor(Math.log(k))

// Candidates for the next centre are points drawn with probability proportional to their squared
// distance from the centres so far; the one that leaves the least sum of squared distances becomes
// the centre.
function plusPlus(
  points: Float64Array,
  D: number,
  k: number,
  uniforms: Float32Array,
): Float64Array {
  const N = points.length / D
  const trials = candidates(k)
  const centres = new Float64Array(k * D)
  const place = (cluster: number, point: number) =>
    centres.set(points.subarray(point * D, (point + 1) * D), cluster * D)
  place(0, Math.min(N - 1, Math.floor(uniforms[0]! * N)))
  let distances = new Float64Array(N).fill(Infinity)
  let total = narrowed(points, D, centres, 0, distances, distances)
  let best = new Float64Array(N)
  let other = new Float64Array(N)
  for (let cluster = 1; cluster < k; cluster++) {
    let [least, chosen] = [Infinity, 0]
    for (let trial = 0; trial < trials; trial++) {
      const candidate = drawn(distances, uniforms[1 + (cluster - 1) * trials + trial]! * total)
      place(cluster, candidate)
      const sum = narrowed(points, D, centres, cluster, distances, other)
      if (sum >= least) continue
      ;[least, chosen] = [sum, candidate]
      ;[best, other] = [other, best]
    }
    place(cluster, chosen)
    total = least
    ;[distances, best] = [best, distances]
  }
  return centres
}

/**
 * Writes the squared distances to the nearest centre once `cluster` is one of them; returns their
 * sum.
 */
function narrowed(
  points: Float64Array,
  D: number,
  centres: Float64Array,
  cluster: number,
  distances: Float64Array,
  into: Float64Array,
): number {
  let sum = 0
  for (let i = 0; i < into.length; i++) {
    const before = distances[i]!
    sum += into[i] = Math.min(before, squaredDistance(points, i, centres, cluster, D, before))
  }
  return sum
}

/** The point at which the running sum of the distances passes `target`. */
function drawn(distances: Float64Array, target: number): number {
  let remaining = target
  let point = 0
  while (point < distances.length - 1 && (remaining -= distances[point]!) >= 0) point++
  return point
}

function lloyd(
  points: Float64Array,
  D: number,
  start: Float64Array,
  maximumIterations: number,
): KMeans {
  const N = points.length / D
  const k = start.length / D
  const centres = start.slice()
  const assignments = new Int32Array(N).fill(-1)
  for (let iteration = 1; ; iteration++) {
    const { changed, inertia, farthest } = assign(points, D, centres, assignments)
    if (!changed || iteration >= maximumIterations)
      return { centres, assignments, inertia, iterations: iteration }
    const counts = new Int32Array(k)
    centres.fill(0)
    for (let i = 0; i < N; i++) {
      const cluster = assignments[i]!
      counts[cluster]!++
      for (let d = 0; d < D; d++) centres[cluster * D + d]! += points[i * D + d]!
    }
    for (let cluster = 0; cluster < k; cluster++) {
      // A centre that lost all its points goes to the point that is farthest from its own.
      if (counts[cluster] === 0)
        centres.set(points.subarray(farthest * D, (farthest + 1) * D), cluster * D)
      else for (let d = 0; d < D; d++) centres[cluster * D + d]! /= counts[cluster]!
    }
  }
}

/**
 * Writes the nearest centre of each point; what `assignments` held is looked at first, so that it
 * may be right already.
 */
export function assign(
  points: Float64Array,
  D: number,
  centres: Float64Array,
  assignments: Int32Array,
): { changed: boolean; inertia: number; farthest: number } {
  const k = centres.length / D
  let changed = false
  let inertia = 0
  let farthest = 0
  let farthestDistance = -1
  for (let i = 0; i < assignments.length; i++) {
    let nearest = Math.max(0, assignments[i]!)
    let least = squaredDistance(points, i, centres, nearest, D)
    for (let cluster = 0; cluster < k; cluster++) {
      const distance = squaredDistance(points, i, centres, cluster, D, least)
      if (distance < least || (distance === least && cluster < nearest)) {
        least = distance
        nearest = cluster
      }
    }
    if (assignments[i] !== nearest) changed = true
    assignments[i] = nearest
    inertia += least
    if (least > farthestDistance) [farthestDistance, farthest] = [least, i]
  }
  return { changed, inertia, farthest }
}

// Beyond `enough` it is only known to be at least that.
function squaredDistance(
  points: Float64Array,
  i: number,
  centres: Float64Array,
  cluster: number,
  D: number,
  enough = Infinity,
): number {
  let sum = 0
  let p = i * D
  let c = cluster * D
  const last = p + D
  for (; p + 4 <= last && sum <= enough; p += 4, c += 4) {
    const w = points[p]! - centres[c]!
    const x = points[p + 1]! - centres[c + 1]!
    const y = points[p + 2]! - centres[c + 2]!
    const z = points[p + 3]! - centres[c + 3]!
    sum += w * w + x * x + (y * y + z * z)
  }
  for (; p < last && sum <= enough; p++, c++) sum += (points[p]! - centres[c]!) ** 2
  return sum
}

/**
 * Share of points whose cluster's most frequent label is their own (Manning et al. 2008, section
 * 16.3).
 */
export function purity(assignments: Int32Array, labels: ArrayLike<number>): number {
  const counts = new Map<number, Map<number, number>>()
  assignments.forEach((cluster, i) => {
    const ofCluster = counts.get(cluster) ?? new Map<number, number>()
    ofCluster.set(labels[i]!, (ofCluster.get(labels[i]!) ?? 0) + 1)
    counts.set(cluster, ofCluster)
  })
  let majority = 0
  for (const ofCluster of counts.values()) majority += Math.max(...ofCluster.values())
  return majority / assignments.length
}
