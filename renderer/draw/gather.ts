// Tiles from several places as one list.
import type { Tiles } from './tiles.ts'

/** Tiles of several answers as one. */
export function joinTiles(parts: readonly Tiles[]): Tiles {
  const [first] = parts
  if (!first) throw new RangeError('expected at least one picture, found none')
  if (parts.length === 1) return first
  const pixels = new Uint8Array(parts.reduce((sum, part) => sum + part.pixels.length, 0))
  let at = 0
  for (const part of parts) {
    pixels.set(part.pixels, at)
    at += part.pixels.length
  }
  return { ...first, count: parts.reduce((sum, part) => sum + part.count, 0), pixels }
}

/**
 * A part of `count` tiles put in its place, from tile `first` on; the first part makes room for all
 * of them.
 */
export function withRows(whole: Tiles | null, part: Tiles, first: number, count: number): Tiles {
  const size = part.pixels.length / part.count
  const tiles = whole ?? { ...part, count, pixels: new Uint8Array(count * size) }
  tiles.pixels.set(part.pixels, first * size)
  return tiles
}
