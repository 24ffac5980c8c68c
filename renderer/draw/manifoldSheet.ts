// A grid over the latent plane as a sheet of pictures. With one latent dimension all rows of the
// grid are the same: then its first row alone, in lines that fill a place nearly as well as a
// square does.
import type { Tiles } from './tiles.ts'

export interface Sheet {
  tiles: Tiles
  columns: number
  rows: number
}

export function manifoldSheet(manifold: Tiles, grid: number, latentSize: number): Sheet {
  if (latentSize > 1 || manifold.count < grid)
    return { tiles: manifold, columns: grid, rows: Math.ceil(manifold.count / grid) }
  const { columns, rows } = lineBreaks(grid)
  const size = manifold.width * manifold.height * manifold.channels
  return {
    tiles: { ...manifold, count: grid, pixels: manifold.pixels.subarray(0, grid * size) },
    columns,
    rows,
  }
}

/**
 * Lines of the same length for pictures along one dimension, not narrower than high: 20 become 4
 * lines of 5.
 */
export function lineBreaks(grid: number): { columns: number; rows: number } {
  let columns = Math.ceil(Math.sqrt(grid))
  while (grid % columns !== 0) columns++
  return { columns, rows: grid / columns }
}

/** In words, where one dimension runs from -3 to 3 along such lines. */
export const alongLines = 'z₁ from −3 to 3, row by row'
