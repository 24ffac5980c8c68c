// Images of a data set, fetched page by page and kept while there is room.
import type { Split } from '../../preload/contract/records.ts'
import { client } from '../client/connection.svelte.ts'
import type { Tiles } from '../draw/tiles.ts'

export interface ImagePage {
  first: number
  tiles: Tiles
  labels: number[]
}

const largest = 500 // images of one request
const room = 12
const kept = new Map<string, Promise<ImagePage>>()

/** `count` images from `first` on, at most 500. */
export function loadImages(
  dataset: string,
  split: Split,
  first: number,
  count: number,
): Promise<ImagePage> {
  const key = [dataset, split, first, count].join(' ')
  const known = kept.get(key)
  if (known) return known
  const asked = fetchImages(dataset, split, first, Math.min(count, largest))
  kept.set(key, asked)
  asked.catch(() => kept.delete(key))
  for (const oldest of kept.keys()) {
    if (kept.size <= room) break
    kept.delete(oldest)
  }
  return asked
}

async function fetchImages(
  dataset: string,
  split: Split,
  first: number,
  count: number,
): Promise<ImagePage> {
  const { pixels, labels, ...shape } = await client.data.images({ dataset, split, first, count })
  return { first, labels, tiles: { ...shape, pixels } }
}
