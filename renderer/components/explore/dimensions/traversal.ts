// Traversals as numbers: the order of the dimensions, how far each one goes, the points of its
// strip, and which rows of a long list are in sight.
import { quantileLevels, type LatentStatistics } from '../../../../preload/contract/analysis.ts'

export type Order = 'kl' | 'index'
/**
 * posterior: from the 1 % to the 99 % quantile of the posterior means. prior: three standard
 * deviations to both sides.
 */
export type Reach = 'posterior' | 'prior'

export interface Range {
  from: number
  to: number
}

const priorReach = 3
const leastWidth = 1e-3 // of a slider; all means of an unused dimension may be one number

/** How far a dimension goes. Without statistics: as far as the prior. */
export function rangeOf(index: number, statistics: LatentStatistics | null, reach: Reach): Range {
  const quantiles = statistics?.quantiles[index]
  if (reach === 'prior' || !quantiles) return { from: -priorReach, to: priorReach }
  const [from = 0, to = 0] = [quantiles[0], quantiles[quantileLevels.length - 1]]
  const missing = Math.max(0, leastWidth - (to - from)) / 2
  return { from: from - missing, to: to + missing }
}

/** Even places from one end to the other, both counted. */
export function placesOf({ from, to }: Range, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + ((to - from) * i) / Math.max(1, count - 1))
}

/** The points of a strip: `base` with one dimension put to each of the places. */
export function strip(
  base: readonly number[],
  index: number,
  places: readonly number[],
): number[][] {
  return places.map((place) => base.map((value, i) => (i === index ? place : value)))
}

/**
 * Rows that one request decodes: about 600 coordinates, which take a few milliseconds to write,
 * send and decode.
 */
export const rowsOfRequest = (images: number, latentSize: number) =>
  Math.max(1, Math.floor(600 / (images * latentSize)))

/**
 * Dimensions by falling KL. Where two that stand beside each other differ by less than a tenth, the
 * order of before stays, so that rows do not change places at every look at a model in training.
 */
export function orderByKl(kl: readonly number[], before: readonly number[]): number[] {
  const known = before.length === kl.length
  const order = known
    ? [...before]
    : kl.map((_, index) => index).sort((a, b) => kl[b]! - kl[a]! || a - b)
  const clearlyMore = (a: number, b: number) => kl[a]! > 1.1 * kl[b]! + 1e-3
  for (let at = 1; at < order.length; at++) {
    const moved = order[at]!
    let place = at
    while (place > 0 && clearlyMore(moved, order[place - 1]!)) place--
    order.splice(place, 0, ...order.splice(at, 1))
  }
  return order
}

/** First row in sight and the one after the last, with `margin` rows above and below. */
export function rowsInSight(
  scrolled: number,
  height: number,
  rowHeight: number,
  count: number,
  margin: number,
): { first: number; end: number } {
  const first = Math.max(0, Math.floor(scrolled / rowHeight) - margin)
  return {
    first: Math.min(first, count),
    end: Math.min(count, Math.ceil((scrolled + height) / rowHeight) + margin),
  }
}

export interface RowLayout {
  /** Side of a tile in CSS pixels, and tiles of a row: odd, so that the middle has one. */
  tile: number
  count: number
}

/**
 * Tiles as large as lets all rows be seen at once, but never smaller than `least`; as many as fit
 * beside each other.
 */
export function rowLayout(
  room: { width: number; height: number },
  rows: number,
  extra: number,
): RowLayout {
  const [least, most] = [40, 96]
  const [fewest, usual, greatest] = [5, 11, 15]
  const byHeight = Math.floor(room.height / Math.max(1, rows)) - extra
  const tile = Math.max(least, Math.min(most, byHeight, Math.floor(room.width / usual)))
  const fit = Math.floor(room.width / tile)
  const count = Math.max(fewest, Math.min(greatest, fit % 2 === 1 ? fit : fit - 1))
  return { tile: Math.min(tile, Math.floor(room.width / count)), count }
}

/** z with its number, from 1 on, as small figures below the line. */
export function dimensionName(index: number): string {
  return `z${String(index + 1).replace(/\d/g, (digit) => String.fromCharCode(0x2080 + Number(digit)))}`
}
