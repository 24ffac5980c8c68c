// Pixels of stored frames, fetched once and kept while there is room: the film scrubber, thumbnails and the
// reconstruction strip all ask here.
import type { FrameInfo } from '../../preload/contract/records.ts'
import { client } from '../client/connection.svelte.ts'

export interface FramePixels extends FrameInfo {
  /** grid*grid tiles in reading order, each tileHeight x tileWidth, grey. */
  tiles: Uint8Array
  /** `reconstructions` images as they are, then as reconstructed. */
  originals: Uint8Array
  reconstructed: Uint8Array
}

const room = 80 // frames; a 20x20 grid of 28x28 tiles takes 0.3 MB
const kept = new Map<string, Promise<FramePixels>>()

/** The frame of a run at a step. The same promise for the same frame; a failed one is asked for again. */
export function loadFrame(run: string, step: number): Promise<FramePixels> {
  const key = `${run}@${step}`
  const known = kept.get(key)
  if (known) {
    kept.delete(key)
    kept.set(key, known)
    return known
  }
  const asked = fetchFrame(run, step)
  kept.set(key, asked)
  asked.catch(() => kept.delete(key))
  for (const oldest of kept.keys()) {
    if (kept.size <= room) break
    kept.delete(oldest)
  }
  return asked
}

async function fetchFrame(run: string, step: number): Promise<FramePixels> {
  const { pixels, ...info } = await client.runs.frame({ run, step })
  const bytes = new Uint8Array(await pixels.arrayBuffer())
  const tile = info.tileWidth * info.tileHeight
  const gridEnd = info.grid * info.grid * tile
  const originalsEnd = gridEnd + info.reconstructions * tile
  return {
    ...info,
    tiles: bytes.subarray(0, gridEnd),
    originals: bytes.subarray(gridEnd, originalsEnd),
    reconstructed: bytes.subarray(originalsEnd, originalsEnd + info.reconstructions * tile),
  }
}
