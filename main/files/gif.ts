// Writes animated grey GIFs with one palette of 31 greys and one index for "as before": no pixel is
// further than 4 of 255 from its own, and a film of digits is little more than half as large as
// with 63 greys and every pixel in every frame.
import { createRequire } from 'node:module'
import type { Animation, Film } from './film.ts'
import type { Gifenc } from './gifenc.ts'
import { StudioError } from '../../preload/contract/errors.ts'

// A CommonJS module behind an __esModule flag: what `import` makes of it differs between loaders,
// `require` does not.
const gifenc = createRequire(import.meta.url)('gifenc') as Gifenc

const colorDepth = 5 // bits an index
const unchanged = 2 ** colorDepth - 1 // the last index: transparent, what was there before shows through
const levels = unchanged
const greys = Uint8Array.from({ length: levels }, (_, level) =>
  Math.round((level * 255) / (levels - 1)),
)
const palette = [...greys, 0].map((grey): [number, number, number] => [grey, grey, grey])
/** The index of the nearest grey of the palette, for each of the 256. */
const nearestLevel = Uint8Array.from({ length: 256 }, (_, grey) =>
  Math.round((grey * (levels - 1)) / 255),
)
/** A pixel that the frame before shows as near as the palette could is not written again. */
const tolerance = 255 / (levels - 1) / 2
const largestSide = 65_535

/** Collects frames, one at a time, so that a long film needs no list of all its pixels. */
export function startGif(film: Film): Animation {
  const { width, height } = film
  const fits = (side: number) => Number.isInteger(side) && side >= 1 && side <= largestSide
  if (!fits(width) || !fits(height))
    throw new StudioError(
      'bad-input',
      `GIF: expected sides from 1 to ${largestSide}, found ${width} x ${height}.`,
    )
  const encoder = gifenc.GIFEncoder()
  const shown = new Uint8Array(width * height)
  let frames = 0
  return {
    add(pixels, last) {
      if (pixels.length !== width * height)
        throw new StudioError(
          'bad-input',
          `GIF: expected ${width * height} grey pixels a frame, found ${pixels.length}.`,
        )
      const first = frames++ === 0
      const indices = first ? pixels.map((grey) => nearestLevel[grey]!) : changes(pixels, shown)
      for (const [at, index] of indices.entries())
        if (index !== unchanged) shown[at] = greys[index]!
      encoder.writeFrame(indices, width, height, {
        ...(first
          ? { palette, repeat: film.loop ? 0 : -1 }
          : { transparent: true, transparentIndex: unchanged }),
        delay: last ? film.lastDelay : film.delay,
        colorDepth,
        dispose: 1, // leave the frame where it is
      })
    },
    bytes() {
      if (frames === 0)
        throw new StudioError('bad-input', 'GIF: expected at least one frame, found none.')
      encoder.finish()
      return encoder.bytes()
    },
  }
}

function changes(pixels: Uint8Array, shown: Uint8Array): Uint8Array {
  const indices = new Uint8Array(pixels.length)
  for (let at = 0; at < pixels.length; at++)
    indices[at] =
      Math.abs(pixels[at]! - shown[at]!) <= tolerance ? unchanged : nearestLevel[pixels[at]!]!
  return indices
}
