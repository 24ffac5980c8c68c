// Animated GIFs. Grey films have one palette of 63 greys and one index for "as before", so that no
// pixel is further than 3 of 255 from its own and what stands still costs nothing; colour films get
// the 256 colours of each frame.
import * as gifencModule from 'gifenc'
import { StudioError } from '../../../preload/contract/errors.ts'
import type { Picture } from '../../draw/tiles.ts'

// A bundler takes gifenc's ES module, Node its CommonJS one, whose names then lie one step deeper.
const { GIFEncoder, quantize, applyPalette } =
  'GIFEncoder' in gifencModule
    ? gifencModule
    : (gifencModule as { default: typeof gifencModule }).default

export interface FilmFile {
  add(picture: Picture, milliseconds: number): void | Promise<void>
  /** The whole file; nothing may be added after it. */
  finish(): Blob | Promise<Blob>
  /** What a person may want to know of the format. */
  note: string
}

const colorDepth = 6 // bits an index
const unchanged = 2 ** colorDepth - 1 // the last index: transparent, what was there before shows through
const greys = Uint8Array.from({ length: unchanged }, (_, level) =>
  Math.round((level * 255) / (unchanged - 1)),
)
const palette = [...greys, 0].map((grey): [number, number, number] => [grey, grey, grey])
const nearest = Uint8Array.from({ length: 256 }, (_, grey) =>
  Math.round((grey * (unchanged - 1)) / 255),
)
/** A pixel that the frame before shows as near as the palette could is not written again. */
const tolerance = 255 / (unchanged - 1) / 2
const largestSide = 65_535

export function startGif(width: number, height: number, grey: boolean): FilmFile {
  if (width > largestSide || height > largestSide)
    throw new StudioError(
      'bad-input',
      `GIF: expected sides up to ${largestSide}, found ${width} x ${height}. Choose a smaller width.`,
    )
  const encoder = GIFEncoder()
  const shown = new Uint8Array(width * height)
  let frames = 0
  return {
    note: '',
    add({ rgba }, delay) {
      const first = frames++ === 0
      const loop = first ? { repeat: 0 } : {}
      if (!grey) {
        const colours = quantize(rgba, 256)
        encoder.writeFrame(applyPalette(rgba, colours), width, height, {
          ...loop,
          palette: colours,
          delay,
          dispose: 1,
        })
        return
      }
      const look = first ? { palette } : { transparent: true, transparentIndex: unchanged }
      encoder.writeFrame(indicesOf(rgba, shown, first), width, height, {
        ...loop,
        ...look,
        delay,
        colorDepth,
        dispose: 1,
      })
    },
    finish() {
      encoder.finish()
      return new Blob([encoder.bytes()], { type: 'image/gif' })
    },
  }
}

// Indices of a frame; `shown` becomes what a reader shows after it.
function indicesOf(rgba: Uint8ClampedArray, shown: Uint8Array, first: boolean): Uint8Array {
  const indices = new Uint8Array(shown.length)
  for (let at = 0; at < shown.length; at++) {
    const grey = rgba[4 * at]!
    const same = !first && Math.abs(grey - shown[at]!) <= tolerance
    indices[at] = same ? unchanged : nearest[grey]!
    if (!same) shown[at] = greys[indices[at]!]!
  }
  return indices
}
