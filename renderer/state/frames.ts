// Pixels of stored frames, fetched once and kept while there is room: the film, the timeline's
// scrubbing, thumbnails and the reconstruction strip all ask here.
import { client } from '../client/connection.svelte.ts'
import { frameTiles, type FrameTiles } from '../draw/tiles.ts'
import { Kept } from './kept.ts'

/** Bytes of frames that are kept; a 20x20 grid of 28x28 tiles takes 0.3 MB. */
export const frameRoom = 128 * 2 ** 20

const bytesOf = ({ manifold, originals, reconstructions }: FrameTiles) =>
  manifold.pixels.length + originals.pixels.length + reconstructions.pixels.length
const kept = new Kept<FrameTiles>(frameRoom, bytesOf)
const keyOf = (run: string, step: number) => `${run}@${step}`

/**
 * The frame of a run at a step. The same promise for the same frame; a failed one is asked for
 * again.
 */
export function loadFrame(run: string, step: number): Promise<FrameTiles> {
  return kept.load(keyOf(run, step), () => fetchFrame(run, step))
}

/** The frame when it is here already: drawn at once, without a turn of the event loop. */
export function keptFrame(run: string, step: number): FrameTiles | null {
  return kept.peek(keyOf(run, step))
}

/** Whether a frame is here or on its way. */
export function hasFrame(run: string, step: number): boolean {
  return kept.has(keyOf(run, step))
}

/** Forgets the frames of a run after a step: a resume draws them anew. */
export function forgetFrames(run: string, afterStep: number): void {
  kept.forget((key) => {
    const at = key.lastIndexOf('@')
    return key.slice(0, at) === run && Number(key.slice(at + 1)) > afterStep
  })
}

async function fetchFrame(run: string, step: number): Promise<FrameTiles> {
  const { pixels, ...info } = await client.runs.frame({ run, step })
  return frameTiles(info, pixels)
}
