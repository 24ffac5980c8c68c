// Looks through a split for images of a class, page by page.
import type { Split } from '../../../../preload/contract/records.ts'
import type { Tiles } from '../../../draw/tiles.ts'
import { tileAt } from '../../../draw/tiles.ts'
import { loadImages } from '../../../state/images.ts'

export interface Found {
  index: number
  label: number | null
  tile: Tiles
}

const page = 200 // images of one request; 157 kB of MNIST
const mostPages = 40 // a class that 8,000 images do not hold is as good as missing

/**
 * Up to `count` images of `label` (null: any) from `from` on, upwards (by 1) or downwards (by -1),
 * nearest first.
 */
export async function findImages(
  where: { dataset: string; split: Split; size: number },
  from: number,
  by: 1 | -1,
  label: number | null,
  count: number,
): Promise<Found[]> {
  const found: Found[] = []
  let first = Math.floor(from / page) * page
  for (
    let turn = 0;
    turn < mostPages && first >= 0 && first < where.size;
    turn++, first += by * page
  ) {
    const { tiles, labels } = await loadImages(
      where.dataset,
      where.split,
      first,
      Math.min(page, where.size - first),
    )
    for (let step = 0; step < tiles.count; step++) {
      const at = by === 1 ? step : tiles.count - 1 - step
      const index = first + at
      if ((index - from) * by < 0 || (label !== null && labels[at] !== label)) continue
      found.push({ index, label: labels[at] ?? null, tile: tileAt(tiles, at) })
      if (found.length === count) return found
    }
  }
  return found
}

/** The image at an index. */
export async function imageAt(
  where: { dataset: string; split: Split; size: number },
  index: number,
): Promise<Found | null> {
  const [found] = await findImages(where, index, 1, null, 1)
  return found ?? null
}
