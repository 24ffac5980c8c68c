// Answers about a model as tiles and arrays, their bytes read once.
import { floatsOf } from '../../../preload/contract/bytes.ts'
import type { Images, Posteriors } from '../../../preload/contract/latent.ts'
import type { Tiles } from '../../draw/tiles.ts'

export function tilesOf({ count, width, height, channels, pixels }: Images): Tiles {
  return { count, width, height, channels, pixels }
}

/** The first or second half of an answer that holds originals, then reconstructions. */
export function half(tiles: Tiles, second: boolean): Tiles {
  const count = tiles.count / 2
  const middle = tiles.pixels.length / 2
  return {
    ...tiles,
    count,
    pixels: second ? tiles.pixels.subarray(middle) : tiles.pixels.subarray(0, middle),
  }
}

/** N x 2Z, [mean | log variance]. */
export function codesOf({ codes }: Posteriors): Float32Array {
  return floatsOf(codes)
}
