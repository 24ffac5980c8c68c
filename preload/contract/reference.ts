// How a request names a run.
import { z } from './zod.ts'

/** Characters of a run's name at most. */
export const longestName = 200

/** A run's id, a unique beginning of it, its exact name, or "last". */
export const reference = z
  .string()
  .min(1, 'expected an id, the start of one, an exact name or "last", found empty text')
  .max(longestName)
