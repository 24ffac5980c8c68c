// Is there room for an install? Asked before anything is fetched: a full disk halfway costs the
// user minutes.
import fs from 'node:fs'
import path from 'node:path'
import { StudioError } from '../../preload/contract/errors.ts'
import { downloadBytes, type RuntimeEntry } from './runtimeManifest.ts'

/** Bytes that this user may still write on the disk of `folder`. */
export type FreeBytes = (folder: string) => Promise<number>

export const freeBytesOf: FreeBytes = async (folder) => {
  const { bavail, bsize } = await fs.promises.statfs(folder)
  return bavail * bsize
}

const spareBytes = 100e6 // the binding, its compiler's temporary files, notes

/**
 * Throws `runtime-failed` (reason no-room) unless what is still to be fetched and the unpacked
 * files fit.
 */
export async function requireRoom(
  entry: RuntimeEntry,
  downloads: string,
  freeBytes: FreeBytes = freeBytesOf,
): Promise<void> {
  const fetched = entry.wheels.reduce((sum, wheel) => sum + haveBytes(downloads, wheel.file), 0)
  const needed = downloadBytes(entry) - fetched + entry.unpackedBytes + spareBytes
  const free = await freeBytes(downloads)
  if (free >= needed) return
  throw new StudioError(
    'runtime-failed',
    `Expected ${megabytes(needed)} of free space for the native runtime in ${path.dirname(downloads)}, found ${megabytes(free)}. Free some space, or choose another folder with LATENT_STUDIO_CACHE.`,
    { reason: 'no-room', needed, free },
  )
}

function haveBytes(downloads: string, file: string): number {
  for (const name of [file, `${file}.part`]) {
    const found = fs.statSync(path.join(downloads, name), { throwIfNoEntry: false })
    if (found) return found.size
  }
  return 0
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`
}
