// Puts small pictures into one big one: the manifold's grid, a sheet of samples.
import type { Picture } from './png.ts'

export interface Tiles {
  /** Size of one tile in pixels. */
  width: number
  height: number
  channels: number
  count: number
  /** count x height x width x channels. */
  pixels: Uint8Array
}

/**
 * One picture of tiles in reading order, `columns` in a row; places after the last tile stay black.
 */
export function mosaic(tiles: Tiles, columns: number): Picture {
  const { width, height, channels, count, pixels } = tiles
  const [picture, line] = [
    { width: columns * width, height: Math.ceil(count / columns) * height },
    width * channels,
  ]
  const whole = new Uint8Array(picture.width * picture.height * channels)
  for (let tile = 0; tile < count; tile++) {
    const left = (tile % columns) * line
    const top = Math.floor(tile / columns) * height
    for (let y = 0; y < height; y++) {
      const from = (tile * height + y) * line
      whole.set(pixels.subarray(from, from + line), (top + y) * picture.width * channels + left)
    }
  }
  return { ...picture, channels, pixels: whole }
}
