// The UMAP plane of points (McInnes et al. 2018), by umap-js, which starts from random places and
// takes all its random numbers from our generator: the same seed gives the same plane.
import { UMAP } from 'umap-js'
import { uniform24 } from '../../engine/random.ts'

export interface LayoutTask {
  kind: 'layout'
  /** N x Z */
  points: Float64Array
  latentSize: number
  seed: number
  neighbours: number
  minimumDistance: number
}

/**
 * -> N x 2. `progress` is told each epoch; finding the neighbours before the first takes about as
 * long as all of them.
 */
export function layout(
  task: LayoutTask,
  progress: (done: number, total: number) => void,
): Float32Array {
  const { points, latentSize: Z, seed, neighbours, minimumDistance } = task
  const N = points.length / Z
  const rows = Array.from({ length: N }, (_, i) => [...points.subarray(i * Z, (i + 1) * Z)])
  const umap = new UMAP({
    nNeighbors: neighbours,
    minDist: minimumDistance,
    random: uniforms(seed),
  })
  const epochs = umap.initializeFit(rows)
  for (let epoch = 0; epoch < epochs; epoch++) {
    umap.step()
    progress(epoch + 1, epochs)
  }
  return Float32Array.from(umap.getEmbedding().flat())
}

// Uniforms in [0, 1) one at a time, made 4,096 at a time.
function uniforms(seed: number): () => number {
  let block: Float32Array = new Float32Array(0)
  let blocks = 0
  let next = 0
  return () => {
    if (next === block.length) {
      block = uniform24(seed, 'projection', blocks++, 4096)
      next = 0
    }
    return block[next++]!
  }
}
