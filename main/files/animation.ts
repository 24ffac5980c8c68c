// A moving picture as a file, GIF or MP4 by the ending of its name: grey frames of one size, added one at a time.
import { startGif } from './gif.ts'
import { startMp4 } from './mp4.ts'

export const animationEndings = ['.gif', '.mp4'] as const

export interface Film {
  /** Size of every frame. */
  width: number
  height: number
  /** Milliseconds each frame stays; the last one stays for `lastDelay`. GIF counts hundredths of a second. */
  delay: number
  lastDelay: number
  /** Whether a GIF begins again at its end; an MP4 leaves that to its player. */
  loop: boolean
}

export interface Animation {
  /** Grey pixels, width x height; `last` for the frame that stays longest. */
  add(pixels: Uint8Array, last: boolean): void
  /** The whole file; nothing may be added after it. */
  bytes(): Uint8Array
}

/** Throws StudioError `bad-input` for sizes that the format does not hold. */
export async function startAnimation(path: string, film: Film): Promise<Animation> {
  return path.toLowerCase().endsWith('.mp4') ? await startMp4(film) : startGif(film)
}
