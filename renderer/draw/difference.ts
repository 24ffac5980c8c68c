// What changed between two pictures, in colour: absolute differences of grey levels on a perceptually even ramp.
import type { Tiles } from './tiles.ts'

/** Grey levels (of 255) that take the ramp's last colour: changes between two frames are small, and most stay below. */
export const fullDifference = 128

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

/** Tiles in colour, one pixel for each pixel of both; null where the two have other sizes. */
export function differenceTiles(now: Tiles, before: Tiles, ramp: Uint8Array): Tiles | null {
  if (!alike(now, before)) return null
  const { count, width, height, channels } = now
  const pixels = new Uint8Array(count * width * height * 3)
  const scale = 255 / (fullDifference * channels)
  for (let pixel = 0, source = 0, target = 0; target < pixels.length; pixel++) {
    let difference = 0
    for (let channel = 0; channel < channels; channel++, source++)
      difference += Math.abs(now.pixels[source]! - before.pixels[source]!)
    const at = 3 * Math.min(255, Math.round(difference * scale))
    pixels[target++] = ramp[at]!
    pixels[target++] = ramp[at + 1]!
    pixels[target++] = ramp[at + 2]!
  }
  return { count, width, height, channels: 3, pixels }
}

/** Mean absolute difference in grey levels, 0..255; null where the two have other sizes or no pixels. */
export function meanDifference(now: Tiles, before: Tiles): number | null {
  if (!alike(now, before) || now.pixels.length === 0) return null
  let sum = 0
  for (let i = 0; i < now.pixels.length; i++) sum += Math.abs(now.pixels[i]! - before.pixels[i]!)
  return sum / now.pixels.length
}
