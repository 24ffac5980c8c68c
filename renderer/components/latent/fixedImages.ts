// The validation images that stored frames reconstruct, by index: the first of each class, then the
// first ones. Asked for once a data set, so that the live strip shows the same images as the stored
// one.
import { pickedTiles, type Tiles } from '../../draw/tiles.ts'
import { loadImages } from '../../state/images.ts'

export const fixedImageCount = 10
const searched = 100 // labels that are looked through; each class is among the first hundred images
const known = new Map<string, Promise<number[]>>()

export function fixedImages(dataset: string): Promise<number[]> {
  const found = known.get(dataset) ?? ask(dataset)
  known.set(dataset, found)
  found.catch(() => known.delete(dataset))
  return found
}

async function ask(dataset: string): Promise<number[]> {
  const { labels, tiles } = await searchedImages(dataset)
  return fixedOf(labels, tiles.count)
}

/** Those images themselves. */
export async function fixedTiles(dataset: string): Promise<Tiles> {
  const [indices, { tiles }] = await Promise.all([fixedImages(dataset), searchedImages(dataset)])
  return pickedTiles(tiles, indices)
}

const searchedImages = (dataset: string) => loadImages(dataset, 'validation', 0, searched)

/**
 * The same choice as the trainer's: one image of each class in the order of the classes, then the
 * first ones. Of data without labels the first ones alone.
 */
export function fixedOf(labels: readonly number[], images: number): number[] {
  const firsts = [...new Set(labels)].sort((a, b) => a - b).map((label) => labels.indexOf(label))
  const others = Array.from({ length: images }, (_, index) => index).filter(
    (index) => !firsts.includes(index),
  )
  return [...firsts, ...others].slice(0, fixedImageCount)
}
