// Clusters fitted to codes with bounded work: fewer restarts, images and iterations the more there
// is to do.
import { kMeans } from '../../engine/kmeans.ts'
import { fitMixture, OVERHEAD, judgeMixture, type Mixture } from '../../engine/mixture.ts'

export interface FitTask {
  kind: 'mixture' | 'kmeans'
  /** N x Z */
  points: Float64Array
  latentSize: number
  k: number
  seed: number
}

export type Fit =
  | { kind: 'kmeans'; centres: Float64Array; assignments: Int32Array; inertia: number }
  | { kind: 'mixture'; mixture: Mixture; assignments: Int32Array; meanLogLikelihood: number }

/** Images that a mixture is fitted to at most; the others are assigned to what was found. */
const MIXTURE_IMAGES = 10_000
/** Nats per image: a fit that rises by less has arrived, for a picture. */
const TOLERANCE = 1e-5
/**
 * Products in all the iterations of a fit: measured on two cores, some two seconds; assigning all
 * images comes on top.
 */
const MIXTURE_WORK = 2e9
const KMEANS_WORK = 2e9

export function fit(task: FitTask): Fit {
  return task.kind === 'kmeans' ? fitKMeans(task) : fitMixtureTo(task)
}

function fitKMeans({ points, latentSize: Z, k, seed }: FitTask): Fit {
  const iteration = (points.length / Z) * k * (Z + 4)
  const most = Math.max(20, Math.floor(KMEANS_WORK / iteration))
  const restarts = Math.max(1, Math.min(10, Math.floor(most / 50)))
  const found = kMeans(points, Z, { k, seed, restarts, maximumIterations: Math.min(300, most) })
  return {
    kind: 'kmeans',
    centres: found.centres,
    assignments: found.assignments,
    inertia: found.inertia,
  }
}

function fitMixtureTo({ points, latentSize: Z, k, seed }: FitTask): Fit {
  const N = points.length / Z
  const sample = N <= MIXTURE_IMAGES ? points : everyNth(points, Z, Math.ceil(N / MIXTURE_IMAGES))
  const iteration = (sample.length / Z) * k * (0.5 * Z * Z + OVERHEAD)
  const restarts = Math.max(1, Math.min(5, Math.floor(MIXTURE_WORK / iteration / 100)))
  const mixture = fitMixture(sample, Z, {
    k,
    seed,
    restarts,
    maximumIterations: 200,
    tolerance: TOLERANCE,
    work: MIXTURE_WORK,
  })
  return { kind: 'mixture', mixture, ...judgeMixture(points, mixture) }
}

function everyNth(points: Float64Array, Z: number, step: number): Float64Array {
  const count = Math.ceil(points.length / Z / step)
  const chosen = new Float64Array(count * Z)
  for (let i = 0; i < count; i++)
    chosen.set(points.subarray(i * step * Z, (i * step + 1) * Z), i * Z)
  return chosen
}
