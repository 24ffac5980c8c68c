// The plane's background: decoded images on a grid, coarse to fine, a few milliseconds at a time,
// so that a pointer never waits for them.
import type { Model } from './pageModel.ts'
import { imageOf } from './picture.ts'
import type { Position } from './state.ts'

/** Tiles per side, one after the other; each divides the next. */
const levels = [5, 10, 20]
const slice = 8 // milliseconds

export class Manifold {
  readonly canvas = document.createElement('canvas')
  private readonly model: Model
  private readonly position: Position
  private readonly drawn: () => void
  private run = 0
  private key = ''

  constructor(position: Position, drawn: () => void) {
    this.position = position
    this.model = position.model
    this.drawn = drawn
    const { width, height } = this.model.data.image
    this.canvas.width = levels.at(-1)! * width
    this.canvas.height = this.rows(levels.at(-1)!) * height
  }

  /** Draws anew when the dimensions have changed, or another coordinate of the point. */
  refresh(): void {
    const { z, axes } = this.position
    const rest = Array.from(z, (value, axis) => (axes.includes(axis) ? '' : value.toFixed(3)))
    const key = `${axes.join()} ${rest.join()}`
    if (key === this.key) return
    this.key = key
    this.run += 1
    this.work(
      this.run,
      tilesOf(levels, (side) => this.rows(side)),
      0,
    )
  }

  private rows(side: number): number {
    return this.model.data.latentSize === 1 ? 1 : side
  }

  private work(run: number, tiles: Tile[], from: number): void {
    if (run !== this.run) return
    const until = performance.now() + slice
    let next = from
    while (next < tiles.length && performance.now() < until) this.draw(tiles[next++]!)
    this.drawn()
    if (next < tiles.length) setTimeout(() => this.work(run, tiles, next))
  }

  private draw({ column, row, columns, rows }: Tile): void {
    const { limit, axes, z } = this.position
    const point = z.slice()
    if (rows > 1) point[axes[1]] = limit * ((2 * (row + 0.5)) / rows - 1) // down is positive, as in the program
    point[axes[0]] = limit * ((2 * (column + 0.5)) / columns - 1)
    const { width, height } = this.model.data.image
    const image = imageOf(this.model.data, this.model.decode(point))
    const context = this.canvas.getContext('2d')!
    const [wide, high] = [this.canvas.width / columns, this.canvas.height / rows]
    if (wide === width && high === height)
      return context.putImageData(image, column * wide, row * high)
    const small = new OffscreenCanvas(width, height)
    small.getContext('2d')!.putImageData(image, 0, 0)
    context.drawImage(small, column * wide, row * high, wide, high)
  }
}

interface Tile {
  column: number
  row: number
  columns: number
  rows: number
}

function tilesOf(sides: number[], rowsOf: (side: number) => number): Tile[] {
  return sides.flatMap((columns) => {
    const rows = rowsOf(columns)
    return Array.from({ length: rows * columns }, (_, at) => ({
      column: at % columns,
      row: Math.floor(at / columns),
      columns,
      rows,
    }))
  })
}
