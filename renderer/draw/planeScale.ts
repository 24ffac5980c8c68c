// The latent plane in pixels: a square of cells whose centres stand at the manifold's positions, so
// that a point and the picture under it agree. Rows go down the screen in the order in which the
// manifold gives them. On the quantile scale a place is measured by P(Z <= value) under the
// standard normal, so that the whole prior fills the square evenly.
import { normalCumulative, normalQuantile } from '../../preload/contract/normal.ts'

export type Scale = 'even' | 'quantile'

export interface PlaneView {
  /** Side of the square in pixels. */
  size: number
  /**
   * Positions of the cells' centres, evenly spaced on the scale: columns left to right, rows top to
   * bottom.
   */
  columns: readonly number[]
  rows: readonly number[]
  scale?: Scale
}

/** Encoded images on a plane: two dimensions of their codes. */
export interface Scatter {
  /** N x 2Z, [mean | log variance] row by row. */
  codes: Float32Array
  latentSize: number
  /** Class of each image; empty without labels. */
  labels: readonly number[]
  /** The two dimensions shown. */
  dimensions: readonly [number, number]
}

/** From end to end of an axis, half a cell beyond its outer centres; on the plane's scale. */
export type Stretch = readonly [low: number, high: number]

const least = 1e-7 // of the quantile scale: 0 and 1 lie at infinity

/** A latent value on the scale, and back. */
export function onScale(scale: Scale | undefined, value: number): number {
  return scale === 'quantile' ? normalCumulative(value) : value
}
export function offScale(scale: Scale | undefined, place: number): number {
  return scale === 'quantile' ? normalQuantile(Math.max(least, Math.min(1 - least, place))) : place
}

/** Even positions from -limit to limit, as the manifold's `range` spacing has them. */
export function evenAxis(grid: number, limit: number): number[] {
  return Array.from({ length: grid }, (_, i) => limit * ((2 * i) / (grid - 1) - 1))
}

/** Centres of `cells` cells that fill a stretch. */
export function cellAxis(cells: number, [low, high]: Stretch, scale: Scale): number[] {
  return Array.from({ length: cells }, (_, i) =>
    offScale(scale, low + ((high - low) * (i + 0.5)) / cells),
  )
}

/**
 * The outer centres of `cells` cells that fill a stretch: what a manifold of that window is asked
 * by.
 */
export function outerCentres(cells: number, [low, high]: Stretch): [number, number] {
  const half = (high - low) / cells / 2
  return [low + half, high - half]
}

// on the scale: the first centre and the distance to the next
const stepsOf = (axis: readonly number[], scale: Scale | undefined) => {
  const first = onScale(scale, axis[0] ?? 0)
  return {
    first,
    step: (onScale(scale, axis.at(-1) ?? 1) - first) / Math.max(1, axis.length - 1) || 1,
  }
}

const along = (axis: readonly number[], view: PlaneView, value: number) => {
  const { first, step } = stepsOf(axis, view.scale)
  return ((onScale(view.scale, value) - first) / step + 0.5) * (view.size / axis.length)
}

const back = (axis: readonly number[], view: PlaneView, pixel: number) => {
  const { first, step } = stepsOf(axis, view.scale)
  return offScale(view.scale, first + ((pixel / view.size) * axis.length - 0.5) * step)
}

/** Pixels from the left and from the top. */
export function planePixel(view: PlaneView, across: number, down: number): [x: number, y: number] {
  return [along(view.columns, view, across), along(view.rows, view, down)]
}

/** The latent values at a pixel. */
export function planeValue(view: PlaneView, x: number, y: number): [across: number, down: number] {
  return [back(view.columns, view, x), back(view.rows, view, y)]
}

/** What the square shows of the scale, across and down. */
export function stretches(view: PlaneView): { across: Stretch; down: Stretch } {
  const of = (axis: readonly number[]): Stretch => {
    const { first, step } = stepsOf(axis, view.scale)
    return [first - step / 2, first + (axis.length - 0.5) * step]
  }
  return { across: of(view.columns), down: of(view.rows) }
}

/** Index of the cell whose centre is nearest, held inside the grid. */
export function nearestCell(
  view: PlaneView,
  across: number,
  down: number,
): { row: number; column: number; index: number } {
  const [x, y] = planePixel(view, across, down)
  const cell = (pixel: number, count: number) =>
    Math.max(0, Math.min(count - 1, Math.floor((pixel / view.size) * count)))
  const row = cell(y, view.rows.length)
  const column = cell(x, view.columns.length)
  return { row, column, index: row * view.columns.length + column }
}

/** Lowest and highest value that the square shows, across. */
export function planeLimits(view: PlaneView): [number, number] {
  return limitsOf(view.columns, view)
}

/** Lowest and highest value that the square shows, down. */
export function planeLimitsDown(view: PlaneView): [number, number] {
  return limitsOf(view.rows, view)
}

function limitsOf(axis: readonly number[], view: PlaneView): [number, number] {
  const ends = [back(axis, view, 0), back(axis, view, view.size)]
  return [Math.min(...ends), Math.max(...ends)]
}

/**
 * A circle around the origin as the plane shows it, as an SVG path: on the quantile scale its
 * corners swell.
 */
export function circlePath(view: PlaneView, radius: number): string {
  const corners = 96
  const places = Array.from({ length: corners }, (_, i) => {
    const angle = (2 * Math.PI * i) / corners
    return planePixel(view, radius * Math.cos(angle), radius * Math.sin(angle))
  })
  return `M${places.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L')}Z`
}

/**
 * Where one square lies in another, as shares of the shown one's side: left, top, width, height.
 */
export function shareOf(
  shown: { across: Stretch; down: Stretch },
  part: { across: Stretch; down: Stretch },
): { left: number; top: number; width: number; height: number } {
  const on = ([low, high]: Stretch, [from, to]: Stretch) =>
    [(from - low) / (high - low), (to - from) / (high - low)] as const
  const [left, width] = on(shown.across, part.across)
  const [top, height] = on(shown.down, part.down)
  return { left, top, width, height }
}
