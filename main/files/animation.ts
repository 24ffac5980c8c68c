// A moving picture as a file, GIF or MP4 by the ending of its name: grey frames of one size, added
// one at a time.
import type { Animation, Film } from './film.ts'
import { startGif } from './gif.ts'
import { startMp4 } from './mp4.ts'

export const animationEndings = ['.gif', '.mp4'] as const

/** Throws StudioError `bad-input` for sizes that the format does not hold. */
export async function startAnimation(path: string, film: Film): Promise<Animation> {
  return path.toLowerCase().endsWith('.mp4') ? await startMp4(film) : startGif(film)
}
