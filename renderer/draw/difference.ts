// What changed between two pictures, in colour: absolute differences of grey levels on a perceptually even ramp.
import type { Tiles } from './tiles.ts'

/** Grey levels (of 255) that take the ramp's last colour: changes between two frames are small, and most stay below. */
export const fullDifference = 64

/** 256 colours, RGB one after the other, evenly between the given ones (each 0..255). */
export function rampOf(colours: readonly (readonly [number, number, number])[]): Uint8Array {
  const ramp = new Uint8Array(256 * 3)
  for (let i = 0; i < 256; i++) {
    const place = (i / 255) * (colours.length - 1)
    const below = Math.min(colours.length - 2, Math.floor(place))
    const share = place - below
    for (let part = 0; part < 3; part++)
      ramp[3 * i + part] = Math.round(colours[below]![part]! * (1 - share) + colours[below + 1]![part]! * share)
  }
  return ramp
}

const alike = (a: Tiles, b: Tiles) =>
  a.count === b.count && a.width === b.width && a.height === b.height && a.channels === b.channels

export interface Difference {
  /** In colour, one pixel for each pixel of both pictures. */
  tiles: Tiles
  /** Mean absolute difference in grey levels, 0..255. */
  mean: number
}

/** What changed between two pictures of the same size; null for others, and for pictures without pixels. */
export function differenceOf(now: Tiles, before: Tiles, ramp: Uint8Array): Difference | null {
  if (!alike(now, before) || now.pixels.length === 0) return null
  const { count, width, height, channels } = now
  const [a, b] = [now.pixels, before.pixels]
  const pixels = new Uint8Array(count * width * height * 3)
  // the ramp's place for each sum of differences over the channels
  const places = Uint16Array.from(
    { length: 255 * channels + 1 },
    (_, sum) => 3 * Math.min(255, Math.round((sum * 255) / (fullDifference * channels))),
  )
  let total = 0
  for (let source = 0, target = 0; target < pixels.length; target += 3) {
    let sum = 0
    for (let channel = 0; channel < channels; channel++, source++) sum += Math.abs(a[source]! - b[source]!)
    total += sum
    const at = places[sum]!
    pixels[target] = ramp[at]!
    pixels[target + 1] = ramp[at + 1]!
    pixels[target + 2] = ramp[at + 2]!
  }
  return { tiles: { count, width, height, channels: 3, pixels }, mean: total / a.length }
}
