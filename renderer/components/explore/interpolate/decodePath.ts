// A path as pictures.
import type { CheckpointChoice } from '../../../../preload/contract/latent.ts'
import { client } from '../../../client/connection.svelte.ts'
import { joinTiles } from '../../../draw/gather.ts'
import type { Tiles } from '../../../draw/tiles.ts'
import { tilesOf } from '../../latent/answers.ts'
import { portion } from './pathPictures.ts'

/** All points of a path decoded, in as few requests as they fit into. */
export async function decodePath(
  model: { run: string; checkpoint: CheckpointChoice },
  path: readonly number[][],
  pixels: number,
  signal: AbortSignal,
): Promise<{ tiles: Tiles; step: number }> {
  const size = portion(path[0]?.length ?? 1, pixels)
  const parts: Tiles[] = []
  let { checkpoint } = model
  let step = 0
  for (let from = 0; from < path.length; from += size) {
    const z = path.slice(from, from + size)
    const answer = await client.latent.decode({ run: model.run, checkpoint, z }, { signal })
    parts.push(tilesOf(answer))
    step = answer.step
    // all from the same weights, where they are kept
    if (!answer.live) checkpoint = answer.step
  }
  return { tiles: joinTiles(parts), step }
}
