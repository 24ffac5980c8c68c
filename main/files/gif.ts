// Writes animated grey GIFs: 256 greys as the one palette, so a pixel's value is its index and no colour is lost.
import { createRequire } from 'node:module'
import type { Gifenc } from './gifenc.ts'
import { StudioError } from '../../preload/contract/errors.ts'

// A CommonJS module behind an __esModule flag: what `import` makes of it differs between loaders, `require` does not.
const gifenc = createRequire(import.meta.url)('gifenc') as Gifenc

const greys = Array.from({ length: 256 }, (_, grey): [number, number, number] => [grey, grey, grey])
const largestSide = 65_535

export interface Film {
  /** Size of every frame. */
  width: number
  height: number
  /** Milliseconds each frame stays; the last one stays for `lastDelay`. GIF counts hundredths of a second. */
  delay: number
  lastDelay: number
  loop: boolean
}

/** Collects frames, one at a time, so that a long film needs no list of all its pixels. */
export function startGif(film: Film): { add(pixels: Uint8Array, last: boolean): void; bytes(): Uint8Array } {
  const { width, height } = film
  const fits = (side: number) => Number.isInteger(side) && side >= 1 && side <= largestSide
  if (!fits(width) || !fits(height))
    throw new StudioError('bad-input', `GIF: expected sides from 1 to ${largestSide}, found ${width} x ${height}.`)
  const encoder = gifenc.GIFEncoder()
  let frames = 0
  return {
    add(pixels, last) {
      if (pixels.length !== width * height)
        throw new StudioError('bad-input', `GIF: expected ${width * height} grey pixels a frame, found ${pixels.length}.`)
      const delay = last ? film.lastDelay : film.delay
      encoder.writeFrame(pixels, width, height, frames === 0 ? { palette: greys, repeat: film.loop ? 0 : -1, delay } : { delay })
      frames++
    },
    bytes() {
      if (frames === 0) throw new StudioError('bad-input', 'GIF: expected at least one frame, found none.')
      encoder.finish()
      return encoder.bytes()
    },
  }
}
