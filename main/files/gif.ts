// Writes animated grey GIFs with one palette of 64 greys: a pixel is off by at most 2 of 255, which no eye sees in a film,
// and the file is a little more than half as large as with all 256.
import { createRequire } from 'node:module'
import type { Gifenc } from './gifenc.ts'
import { StudioError } from '../../preload/contract/errors.ts'

// A CommonJS module behind an __esModule flag: what `import` makes of it differs between loaders, `require` does not.
const gifenc = createRequire(import.meta.url)('gifenc') as Gifenc

const colorDepth = 6 // bits an index
const levels = 2 ** colorDepth
const greys = Array.from({ length: levels }, (_, level): [number, number, number] => {
  const grey = Math.round((level * 255) / (levels - 1))
  return [grey, grey, grey]
})
/** The index of the nearest grey of the palette, for each of the 256. */
const nearestLevel = Uint8Array.from({ length: 256 }, (_, grey) => Math.round((grey * (levels - 1)) / 255))
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
      const first = frames === 0 ? { palette: greys, repeat: film.loop ? 0 : -1 } : {}
      const indices = pixels.map((grey) => nearestLevel[grey]!)
      encoder.writeFrame(indices, width, height, { ...first, delay, colorDepth })
      frames++
    },
    bytes() {
      if (frames === 0) throw new StudioError('bad-input', 'GIF: expected at least one frame, found none.')
      encoder.finish()
      return encoder.bytes()
    },
  }
}
