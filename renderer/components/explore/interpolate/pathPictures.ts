// Pictures along a path: how many points one request takes, and the same blend in pixel space.
import { maxMessageBytes } from '../../../../preload/contract/client.ts'
import { maxAnswerBytes } from '../../../../preload/contract/latent.ts'
import type { Tiles } from '../../../draw/tiles.ts'

/**
 * Points of one request, as `latent decode` divides them: how a batch is computed depends on its
 * size, so only equal batches give images equal to the last bit.
 */
export function portion(latentSize: number, pixels: number): number {
  const requestRoom = maxMessageBytes - 16 * 1024
  const bytesOfPoint = latentSize * 26 // a number takes at most 25 characters and its comma
  return Math.max(
    1,
    Math.min(
      4096,
      Math.floor(requestRoom / bytesOfPoint),
      Math.floor(maxAnswerBytes / (4 * pixels)),
    ),
  )
}

/**
 * The straight blend of the stops' own pictures, at the same places as `interpolatePath` has its
 * points.
 */
export function blendPixels(stops: readonly Tiles[], steps: number): Tiles {
  const [first] = stops
  if (!first) throw new RangeError('expected at least one picture, found none')
  const size = first.width * first.height * first.channels
  const count = (stops.length - 1) * (steps - 1) + 1
  const pixels = new Uint8Array(count * size)
  for (let point = 0; point < count; point++) {
    const leg = Math.min(Math.floor(point / (steps - 1)), Math.max(0, stops.length - 2))
    const t = point / (steps - 1) - leg
    const [a, b] = [stops[leg]!.pixels, (stops[leg + 1] ?? first).pixels]
    for (let i = 0; i < size; i++)
      pixels[point * size + i] = Math.round((1 - t) * a[i]! + t * b[i]!)
  }
  return { ...first, count, pixels }
}

/** Pictures of one leg, both ends counted. */
export function legTiles(tiles: Tiles, leg: number, steps: number): Tiles {
  const size = tiles.width * tiles.height * tiles.channels
  const from = leg * (steps - 1)
  return {
    ...tiles,
    count: steps,
    pixels: tiles.pixels.subarray(from * size, (from + steps) * size),
  }
}

export interface StripLayout {
  /** Side of a tile and legs beside each other. */
  tile: number
  legsAcross: number
  /** Rows of tiles: those of every leg under each other, `kinds` of them. */
  rows: number
}

/**
 * The layout with the largest tiles: legs beside each other and below, `gap` between them, `kinds`
 * rows for each.
 */
export function stripLayout(
  room: { width: number; height: number },
  steps: number,
  legs: number,
  kinds: number,
  gap: number,
): StripLayout {
  const layouts = Array.from({ length: legs }, (_, i): StripLayout => {
    const legsAcross = i + 1
    const rows = Math.ceil(legs / legsAcross) * kinds
    const across = (room.width - gap * (legsAcross - 1)) / (legsAcross * steps)
    return {
      legsAcross,
      rows,
      tile: Math.max(3, Math.floor(Math.min(across, (room.height - gap * rows) / rows))),
    }
  })
  return layouts.reduce((best, next) => (next.tile > best.tile ? next : best))
}
