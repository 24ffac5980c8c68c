// Pixels of stored frames, fetched once and kept while there is room: the film scrubber, thumbnails and the
// reconstruction strip all ask here.
import { client } from '../client/connection.svelte.ts'
import { frameTiles, type FrameTiles } from '../draw/tiles.ts'

const room = 80 // frames; a 20x20 grid of 28x28 tiles takes 0.3 MB
const kept = new Map<string, Promise<FrameTiles>>()

/** The frame of a run at a step. The same promise for the same frame; a failed one is asked for again. */
export function loadFrame(run: string, step: number): Promise<FrameTiles> {
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

/** Forgets the frames of a run after a step: a resume draws them anew. */
export function forgetFrames(run: string, afterStep: number): void {
  for (const key of [...kept.keys()]) {
    const at = key.lastIndexOf('@')
    if (key.slice(0, at) === run && Number(key.slice(at + 1)) > afterStep) kept.delete(key)
  }
}

async function fetchFrame(run: string, step: number): Promise<FrameTiles> {
  const { pixels, ...info } = await client.runs.frame({ run, step })
  return frameTiles(info, new Uint8Array(await pixels.arrayBuffer()))
}
