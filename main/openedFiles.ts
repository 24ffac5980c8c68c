// Files that the person opens with the program: arguments of this start or of a second one. macOS
// says it by an event.
import { resolve } from 'node:path'
import { z } from 'zod'

export const fileEnding = '.latent'

/**
 * What a second start hands to the first: it is another program, so it is read as carefully as a
 * file.
 */
const handed = z.object({ files: z.array(z.string().min(1).max(4096)).max(100) })

/**
 * The absolute paths among a program's arguments that name our files; flags and everything else are
 * left.
 */
export function filesAmong(args: readonly string[], folder: string): string[] {
  return args
    .filter((each) => !each.startsWith('-') && each.toLowerCase().endsWith(fileEnding))
    .map((each) => resolve(folder, each))
}

/** The files that a second start was asked to open; none when it says something else. */
export function filesHandedOver(data: unknown): string[] {
  const parsed = handed.safeParse(data)
  return parsed.success ? filesAmong(parsed.data.files, '/') : []
}
