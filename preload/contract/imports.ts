// Files taken into the store: a whole run (.latent), or weights by their documented names with the
// settings of their network. The owner of the data folder reads them, on its own machine.
import type { RunEvent } from './records.ts'
import { longestName } from './reference.ts'
import { z } from './zod.ts'

/**
 * tensorflow: dense (in, out), kernels (h, w, in, out). pytorch: dense (out, in), kernels (out, in,
 * h, w).
 */
export const weightLayouts = ['tensorflow', 'pytorch'] as const
export type WeightLayout = (typeof weightLayouts)[number]

const weights = z.object({
  /** Settings of the network, checked; missing: those in the file's own metadata. */
  config: z.record(z.string(), z.unknown()).optional(),
  preset: z.string().max(64).nullable().default(null),
  /** Missing: what the file's metadata says, else tensorflow. Shapes are never guessed from. */
  layout: z.enum(weightLayouts).optional(),
  /** The step that the weights are of; missing: what the metadata says, else 0. */
  step: z.int().min(0).max(100_000_000).optional(),
})

/**
 * What the job `import` (jobs.ts) takes: a file at an absolute path, of which everything or nothing
 * becomes a run. What kind of file it is, its content says. A run whose id is taken already gets
 * another one; its events tell where it came from.
 */
export const importQuestion = {
  path: z.string().min(1).max(4096),
  name: z.string().trim().min(1).max(longestName).optional(),
  weights: weights.optional(),
}

/** How the event begins that says from which file a run came. */
export const importedFrom = 'Imported from'

/** Whether a run came from a file: it was trained elsewhere, at another machine's speed. */
export function wasImported(events: readonly Pick<RunEvent, 'kind' | 'text'>[]): boolean {
  return events.some(({ kind, text }) => kind === 'note' && text.startsWith(importedFrom))
}
