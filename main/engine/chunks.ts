// How many steps go into one chunk, so that people and live pictures are served often enough. Chunk
// lengths never change results: steps depend on their number alone.

export interface ChunkLength {
  next(): number
  took(steps: number, milliseconds: number): void
  /** Shorter chunks while somebody drags. */
  aim(milliseconds: number): void
}

/**
 * Long enough that what happens between two chunks hardly counts, short enough for a pause at once.
 */
export const CALM_MILLISECONDS = 60
/** While somebody drags. */
export const BUSY_MILLISECONDS = 10

/** Aims at a duration by the mean time of the last steps. */
export function adaptiveChunks(maximum = 4096): ChunkLength {
  let target = CALM_MILLISECONDS
  let perStep = 0
  return {
    next: () => (perStep === 0 ? 1 : Math.max(1, Math.min(maximum, Math.floor(target / perStep)))),
    took: (steps, milliseconds) => {
      const measured = milliseconds / steps
      perStep = perStep === 0 ? measured : 0.7 * perStep + 0.3 * measured
    },
    aim: (milliseconds) => {
      target = milliseconds
    },
  }
}

/** Always the same length, for tests that show that it does not matter. */
export function fixedChunks(steps: number): ChunkLength {
  return { next: () => steps, took: () => undefined, aim: () => undefined }
}
