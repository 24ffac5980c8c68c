// How a data folder is made: for this user alone, since runs are private. In a folder that exists
// already, new files are for whom its owner's umask lets them be. Whoever makes a folder inside
// makes the data folder first, or that would be public.
import { mkdirSync } from 'node:fs'

/**
 * Throws what the file system throws. Where the disk may hang, `answering` with `make` has made it
 * before.
 */
export function makeDataFolder(dataFolder: string): void {
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 })
}
