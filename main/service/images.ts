// Images of a data set for the renderer. A data set stays open once it has been asked for.
import { StudioError } from '../../preload/contract/errors.ts'
import { maxAnswerBytes } from '../../preload/contract/latent.ts'
import type { Split } from '../../preload/contract/records.ts'
import { datasetInfo, openDataset, type Dataset } from '../datasets/index.ts'

const opened = new Map<string, Promise<Dataset>>()

export interface ImagesRequest {
  dataset: string
  split: Split
  first: number
  count: number
}

/** Throws `not-found`, `bad-dataset`, `bad-input` for images past the end or too many at once. */
export async function readImages({ dataset, split, first, count }: ImagesRequest) {
  const { width, height, channels, images } = datasetInfo(dataset)
  const pixels = width * height * channels
  const most = Math.floor(maxAnswerBytes / pixels)
  if (first + count > images[split])
    throw new StudioError(
      'bad-input',
      `Expected images below ${images[split]} (the ${split} split of ${dataset}), found ${first} to ${first + count - 1}.`,
    )
  if (count > most)
    throw new StudioError(
      'bad-input',
      `Expected at most ${most} images at a time, found ${count}. Send several requests.`,
      {
        most,
      },
    )
  const { images: bytes, labels } = (await open(dataset)).split(split)
  return {
    count,
    width,
    height,
    channels,
    labels: [...labels.subarray(first, first + count)],
    pixels: bytes.subarray(first * pixels, (first + count) * pixels),
  }
}

function open(name: string): Promise<Dataset> {
  const known = opened.get(name)
  if (known) return known
  const opening = openDataset(name)
  opened.set(name, opening)
  // after a failure the next question tries again: somebody may have put the files back
  opening.catch(() => opened.delete(name))
  return opening
}
