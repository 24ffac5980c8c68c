// Where points are dense: counts in square bins of the window, coloured by their logarithm, so that
// one point and a thousand both show.
import type { Points, Window } from './points.ts'

export interface Histogram {
  bins: number
  /** bins x bins, row by row from the top. */
  counts: Uint32Array
  most: number
}

export function histogramOf(
  { positions, labels }: Points,
  { across, down }: Window,
  bins: number,
  shown: ReadonlySet<number> | null,
): Histogram {
  const counts = new Uint32Array(bins * bins)
  const [scaleX, scaleY] = [bins / (across[1] - across[0]), bins / (down[1] - down[0])]
  let most = 0
  for (let i = 0; i < labels.length; i++) {
    if (shown && !shown.has(labels[i]!)) continue
    const column = Math.floor((positions[2 * i]! - across[0]) * scaleX)
    const row = Math.floor((positions[2 * i + 1]! - down[0]) * scaleY)
    if (!(column >= 0 && column < bins && row >= 0 && row < bins)) continue
    most = Math.max(most, ++counts[row * bins + column]!)
  }
  return { bins, counts, most }
}

/**
 * RGBA of the bins; empty ones are transparent. stops: colours of a sequential map, low to high,
 * 0..255.
 */
export function colourHistogram(
  { counts, most }: Histogram,
  stops: readonly (readonly [number, number, number])[],
): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray(counts.length * 4)
  const top = Math.log(most + 1)
  counts.forEach((count, bin) => {
    if (count === 0) return
    const place = (Math.log(count + 1) / top) * (stops.length - 1)
    const below = Math.min(stops.length - 2, Math.floor(place))
    const share = place - below
    for (let channel = 0; channel < 3; channel++)
      rgba[bin * 4 + channel] =
        stops[below]![channel]! * (1 - share) + stops[below + 1]![channel]! * share
    rgba[bin * 4 + 3] = 255
  })
  return rgba
}
