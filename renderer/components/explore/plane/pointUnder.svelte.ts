// The encoded image whose point is under the pointer: which one it is, and its pixels as soon as
// they are here.
import { tileAt, type Tiles } from '../../../draw/tiles.ts'
import { datasets } from '../../../state/datasets.svelte.ts'
import { loadImages } from '../../../state/images.ts'
import type { Split } from '../../../../preload/contract/records.ts'
import type { Explorer } from './explorer.svelte.ts'
import { nearestPoint } from './span.ts'

const reach = 7 // CSS pixels from the pointer to the point
const rest = 60 // milliseconds that the pointer stays with a point before its image is fetched

export interface PointUnder {
  split: Split
  /** In its split. */
  index: number
  label: number | null
  /** CSS pixels from the plane's corner. */
  x: number
  y: number
  tile: Tiles | null
}

export class PointHover {
  readonly #explorer: Explorer
  found = $state.raw<PointUnder | null>(null)
  #timer: ReturnType<typeof setTimeout> | undefined

  /** Make it while a component starts. */
  constructor(explorer: Explorer) {
    this.#explorer = explorer
    $effect(() => () => clearTimeout(this.#timer))
  }

  leave(): void {
    clearTimeout(this.#timer)
    this.found = null
  }

  /** The pointer is at these shares of a plane of `size` CSS pixels. */
  move(across: number, down: number, size: number): void {
    const { points, space, codes } = this.#explorer
    const { camera, choices, single } = space
    if (!points || single || !['both', 'points'].includes(choices.layers)) return this.leave()
    const { window } = camera
    const at = ([low, high]: readonly [number, number], share: number) => low + share * (high - low)
    const place = [at(window.across, across), at(window.down, down)] as const
    const known = nearestPoint(points.positions, points.labels, place, choices.shown)
    if (known < 0) return this.leave()
    const share = ([low, high]: readonly [number, number], value: number) =>
      (value - low) / (high - low)
    const x = size * share(window.across, points.positions[2 * known]!)
    const y = size * share(window.down, points.positions[2 * known + 1]!)
    if (Math.hypot(x - across * size, y - down * size) > reach) return this.leave()
    const image = this.#imageOf(known)
    if (!image) return this.leave()
    if (this.found?.split === image.split && this.found.index === image.index) {
      // the same point, perhaps at another place: the plane zooms, and moves while the run trains
      if (this.found.x !== x || this.found.y !== y) this.found = { ...this.found, x, y }
      return
    }
    this.found = {
      ...image,
      label: codes.labelled ? (codes.labels[known] ?? null) : null,
      x,
      y,
      tile: null,
    }
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#fetch(), rest)
  }

  // codes are asked for split by split, in this order
  #imageOf(point: number): { split: Split; index: number } | null {
    const images = this.#data?.images
    if (!images) return null
    let first = 0
    for (const split of ['validation', 'train', 'test'] as const) {
      if (point < first + images[split]) return { split, index: point - first }
      first += images[split]
    }
    return null
  }

  get #data() {
    return datasets.list.find((each) => each.name === this.#explorer.subject.run?.config.dataset)
  }

  async #fetch(): Promise<void> {
    const asked = this.found
    const data = this.#data
    if (!asked || !data) return
    const page = await loadImages(data.name, asked.split, asked.index, 1).catch(() => null)
    // without its image the point still says which one it is
    const { found } = this
    if (page && found?.split === asked.split && found.index === asked.index)
      this.found = { ...found, tile: tileAt(page.tiles, 0) }
  }
}
