// A run as the commands that look into its model need it: its record, its images' shape, and how
// many of anything fit into one message.
import type { Client } from '../../preload/contract/client.ts'
import { maxMessageBytes } from '../../preload/contract/client.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import { maxAnswerBytes } from '../../preload/contract/latent.ts'
import type { DatasetInfo, Run } from '../../preload/contract/records.ts'

export interface Model {
  run: Run
  image: Pick<DatasetInfo, 'width' | 'height' | 'channels' | 'classes' | 'images'>
  /** Pixels of one image, channels included. */
  pixels: number
  /** Latent dimensions. */
  latentSize: number
}

/** The run named on the command line. Throws `not-found`. */
export async function modelOf(client: Client, name: string): Promise<Model> {
  const run = await client.runs.get({ run: name })
  const image = (await client.data.list()).find((dataset) => dataset.name === run.config.dataset)
  if (!image)
    throw new StudioError(
      'not-found',
      `Expected a data set that this program has, found "${run.config.dataset}" in run ${run.id}. \`latent datasets\` lists them.`,
    )
  return {
    run,
    image,
    pixels: image.width * image.height * image.channels,
    latentSize: run.config.latentSize,
  }
}

// A request carries some words beside the numbers.
const requestRoom = maxMessageBytes - 16 * 1024

/**
 * How many items fit into one request of `askBytes` each and one answer of `answerBytes` each, at
 * most `limit`.
 */
export function portion(askBytes: number, answerBytes: number, limit: number): number {
  return Math.max(
    1,
    Math.min(limit, Math.floor(requestRoom / askBytes), Math.floor(maxAnswerBytes / answerBytes)),
  )
}
