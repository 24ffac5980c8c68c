// A stop or term (an image, a class, a point) as the model sees it: its latent vector, and the
// image itself where it is one.
import type { LatentStatistics } from '../../../../preload/contract/analysis.ts'
import type { CheckpointChoice } from '../../../../preload/contract/latent.ts'
import type { DatasetInfo } from '../../../../preload/contract/records.ts'
import { client } from '../../../client/connection.svelte.ts'
import type { Tiles } from '../../../draw/tiles.ts'
import { codesOf } from '../../latent/answers.ts'
import { stopText, type Stop } from '../interpolate/stops.ts'
import { imageAt } from './findImage.ts'

export interface Anchor {
  /** `stopText` of the term. */
  text: string
  z: readonly number[]
  image: Tiles | null
  label: number | null
}

export interface Model {
  run: string
  checkpoint: CheckpointChoice
  latentSize: number
  data: DatasetInfo
  /** Needed for classes only. */
  statistics: LatentStatistics | null
}

/** Null while the class means are not there, and for a class or an image that does not exist. */
export async function anchorOf(
  term: Stop,
  model: Model,
  signal: AbortSignal,
): Promise<Anchor | null> {
  const text = stopText(term)
  const { latentSize, data } = model
  if (term.kind === 'point')
    return {
      text,
      z: Array.from({ length: latentSize }, (_, i) => term.z[i] ?? 0),
      image: null,
      label: null,
    }
  if (term.kind === 'class') {
    const mean = model.statistics?.classes.find((each) => each.label === term.label)?.mean
    return mean ? { text, z: mean, image: null, label: term.label } : null
  }
  const { split, index } = term
  const found = await imageAt({ dataset: data.name, split, size: data.images[split] }, index)
  if (!found) return null
  return {
    text,
    z: await codeOf(model, term, signal),
    image: found.tile,
    label: data.classes.length > 0 ? found.label : null,
  }
}

/** The posterior mean of one image. */
export async function codeOf(
  { run, checkpoint, latentSize }: Pick<Model, 'run' | 'checkpoint' | 'latentSize'>,
  { split, index }: { split: 'train' | 'validation' | 'test'; index: number },
  signal?: AbortSignal,
): Promise<number[]> {
  const images = { kind: 'split', split, first: index, count: 1 } as const
  const answer = await client.latent.encode({ run, checkpoint, images }, signal ? { signal } : {})
  return Array.from(codesOf(answer).subarray(0, latentSize))
}
