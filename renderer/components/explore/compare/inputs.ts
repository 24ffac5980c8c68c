// The images that every compared model is given: one test image of each class, or ten in a row from
// one on.
import { fixedOf } from '../../latent/fixedImages.ts'
import type { Tiles } from '../../../draw/tiles.ts'
import { loadImages } from '../../../state/images.ts'

export const inputCount = 10
const searched = 100 // among them is one of each class

export interface Inputs {
  indices: readonly number[]
  labels: readonly number[]
  tiles: Tiles
}

/** first: index in the test split of ten in a row; null for one of each class. */
export async function loadInputs(dataset: string, first: number | null): Promise<Inputs> {
  const page = await loadImages(dataset, 'test', first ?? 0, first === null ? searched : inputCount)
  const places = first === null ? fixedOf(page.labels, page.tiles.count) : undefined
  return chosenInputs(page, places ?? Array.from({ length: page.tiles.count }, (_, i) => i))
}

function chosenInputs(
  page: { first: number; tiles: Tiles; labels: number[] },
  places: readonly number[],
): Inputs {
  const here = places.filter((place) => place < page.tiles.count)
  return {
    indices: here.map((place) => page.first + place),
    labels: here.flatMap((place) => page.labels[place] ?? []),
    tiles: gathered(page.tiles, here),
  }
}

/** Some tiles out of many, in the order of their places. */
export function gathered(tiles: Tiles, places: readonly number[]): Tiles {
  const size = tiles.width * tiles.height * tiles.channels
  const pixels = new Uint8Array(places.length * size)
  places.forEach((place, i) =>
    pixels.set(tiles.pixels.subarray(place * size, (place + 1) * size), i * size),
  )
  return { ...tiles, count: places.length, pixels }
}
