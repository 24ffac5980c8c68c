// What changed between two pictures, in colour: absolute differences of grey levels on a
// perceptually even ramp.
import type { Tiles } from './tiles.ts'

/**
 * Grey levels (of 255) that take the ramp's last colour: changes between two frames are small, and
 * most stay below.
 */
export const fullDifference = 64

/**
 * 256 colours, evenly between the given ones (each part 0..255), as words with red in the lowest
 * byte, opaque.
 */
export function rampOf(colours: readonly (readonly [number, number, number])[]): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, i) => {
    const place = (i / 255) * (colours.length - 1)
    const below = Math.min(colours.length - 2, Math.floor(place))
    const share = place - below
    const [r, g, b] = [0, 1, 2].map((part) =>
      Math.round(colours[below]![part]! * (1 - share) + colours[below + 1]![part]! * share),
    )
    return 0xff000000 | (b! << 16) | (g! << 8) | r!
  })
}

const alike = (a: Tiles, b: Tiles) =>
  a.count === b.count && a.width === b.width && a.height === b.height && a.channels === b.channels

export interface Difference {
  /** One value for each pixel of both pictures, with the ramp as palette. */
  tiles: Tiles
  /** Mean absolute difference in grey levels, 0..255. */
  mean: number
}

/**
 * What changed between two pictures of the same size; null for others, and for pictures without
 * pixels.
 */
export function differenceOf(now: Tiles, before: Tiles, ramp: Uint32Array): Difference | null {
  if (!alike(now, before) || now.pixels.length === 0) return null
  const { count, width, height, channels } = now
  const [a, b] = [now.pixels, before.pixels]
  const pixels = new Uint8Array(count * width * height)
  // the ramp's place for each sum of differences over the channels
  const places = Uint8Array.from({ length: 255 * channels + 1 }, (_, sum) =>
    Math.min(255, Math.round((sum * 255) / (fullDifference * channels))),
  )
  let total = 0
  if (channels === 1) {
    for (let at = 0; at < pixels.length; at++) {
      const change = a[at]! - b[at]!
      const size = change < 0 ? -change : change
      total += size
      pixels[at] = places[size]!
    }
  } else {
    for (let source = 0, target = 0; target < pixels.length; target++) {
      let sum = 0
      for (let channel = 0; channel < channels; channel++, source++)
        sum += Math.abs(a[source]! - b[source]!)
      total += sum
      pixels[target] = places[sum]!
    }
  }
  return {
    tiles: { count, width, height, channels: 1, pixels, palette: ramp },
    mean: total / a.length,
  }
}
