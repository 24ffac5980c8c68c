// The latent plane in pixels: a square of grid x grid cells whose centres stand at the manifold's positions, so that a
// point and the picture under it agree. Rows go down the screen in the order in which the manifold gives them.

export interface PlaneView {
  /** Side of the square in pixels. */
  size: number
  /** Positions of the cells' centres: columns left to right, rows top to bottom; even spacing. */
  columns: readonly number[]
  rows: readonly number[]
}

/** Even positions from -limit to limit, as the manifold's `range` spacing has them. */
export function evenAxis(grid: number, limit: number): number[] {
  return Array.from({ length: grid }, (_, i) => limit * ((2 * i) / (grid - 1) - 1))
}

const along = (axis: readonly number[], size: number, value: number) => {
  const cell = size / axis.length
  const first = axis[0] ?? 0
  const step = ((axis.at(-1) ?? 1) - first) / Math.max(1, axis.length - 1) || 1
  return cell / 2 + ((value - first) / step) * cell
}

const back = (axis: readonly number[], size: number, pixel: number) => {
  const cell = size / axis.length
  const first = axis[0] ?? 0
  const step = ((axis.at(-1) ?? 1) - first) / Math.max(1, axis.length - 1) || 1
  return first + ((pixel - cell / 2) / cell) * step
}

/** Pixels from the left and from the top. */
export function planePixel(view: PlaneView, across: number, down: number): [x: number, y: number] {
  return [along(view.columns, view.size, across), along(view.rows, view.size, down)]
}

/** The latent values at a pixel. */
export function planeValue(view: PlaneView, x: number, y: number): [across: number, down: number] {
  return [back(view.columns, view.size, x), back(view.rows, view.size, y)]
}

/** Index of the cell whose centre is nearest, held inside the grid. */
export function nearestCell(view: PlaneView, across: number, down: number): { row: number; column: number; index: number } {
  const [x, y] = planePixel(view, across, down)
  const cell = (pixel: number, count: number) => Math.max(0, Math.min(count - 1, Math.floor((pixel / view.size) * count)))
  const row = cell(y, view.rows.length)
  const column = cell(x, view.columns.length)
  return { row, column, index: row * view.columns.length + column }
}

/** Lowest and highest value that the square shows, across. */
export function planeLimits(view: PlaneView): [number, number] {
  const ends = [back(view.columns, view.size, 0), back(view.columns, view.size, view.size)]
  return [Math.min(...ends), Math.max(...ends)]
}
