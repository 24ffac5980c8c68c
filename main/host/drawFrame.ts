// A frame: what the model shows at one step, small enough to keep fifty of: the 20 x 20 manifold
// over +-3 and the reconstructions of a few fixed validation images.
import { greyBytes } from '../engine/grey.ts'
import { decodePoints, gridAxes, gridPoints } from '../engine/latentQueries.ts'
import type { VariationalAutoencoder } from '../engine/model.ts'
import { concatenated, posteriorMeans } from './latentAnswers.ts'

const GRID = 20
const LIMIT = 3
export const fixedImageCount = 10

export interface DrawnFrame {
  grid: number
  tileWidth: number
  tileHeight: number
  reconstructions: number
  /** uint8 grey: grid x grid tiles in picture order, the originals, their reconstructions. */
  pixels: Uint8Array
}

/**
 * originals: fixedImageCount grey images. The manifold varies the first two dimensions and leaves
 * the others at 0.
 */
export function drawFrame(model: VariationalAutoencoder, originals: Uint8Array): DrawnFrame {
  const { latentSize } = model.config
  const axes = gridAxes(GRID, { kind: 'range', limit: LIMIT })
  const grid = gridPoints(
    { ...axes, spans: { dimensions: latentSize === 1 ? [0, 0] : [0, 1] }, at: null },
    latentSize,
  )
  const means = posteriorMeans(model, originals, fixedImageCount)
  const points = new Float32Array(grid.length + means.length) // one decode for both
  points.set(grid)
  points.set(means, grid.length)
  const decoded = greyBytes(decodePoints(model, points, GRID * GRID + fixedImageCount))
  const tiles = GRID * GRID * model.image.width * model.image.height * model.image.channels
  const pixels = concatenated(decoded.subarray(0, tiles), originals, decoded.subarray(tiles))
  return {
    grid: GRID,
    tileWidth: model.image.width,
    tileHeight: model.image.height,
    reconstructions: fixedImageCount,
    pixels,
  }
}
