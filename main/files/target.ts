// What a path that somebody wants written stands for: links are followed and stay, a file keeps its permissions, and
// what is no file (a pipe, a terminal, standard output) takes a stream of bytes instead of being replaced.
import { fstatSync, lstatSync, readlinkSync, realpathSync, statSync, type Stats } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { writeAtomic } from './atomic.ts'

export interface Target {
  kind: 'new' | 'file' | 'folder' | 'stream' | 'stdout'
  /** Where to write, behind all links. */
  path: string
  /** Permissions of the file that is there. */
  mode?: number
}

/** Links that Linux follows before it calls them a loop. */
const mostLinks = 40

/** Throws what the file system throws, such as ELOOP, EACCES and ENAMETOOLONG; a path that leads nowhere is `new`. */
export function targetOf(path: string, links = 0): Target {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) {
    // a link to something that is not there yet makes that
    if (links > mostLinks || !lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return { kind: 'new', path }
    return targetOf(resolve(realpathSync(dirname(path)), readlinkSync(path)), links + 1)
  }
  if (isStdout(found)) return { kind: 'stdout', path }
  if (found.isDirectory()) return { kind: 'folder', path: realpathSync(path) }
  return found.isFile() ? { kind: 'file', path: realpathSync(path), mode: found.mode & 0o777 } : { kind: 'stream', path }
}

function isStdout({ dev, ino }: Stats): boolean {
  try {
    const own = fstatSync(1)
    // a terminal and /dev/null are the same for many; only what we print into counts
    return own.dev === dev && own.ino === ino && ino !== 0
  } catch {
    return false // closed
  }
}

type Bytes = Uint8Array | readonly Uint8Array[]

/** Writes a target: a file whole or not at all, a stream from its beginning. Throws what the system throws. */
export async function writeTarget({ kind, path, mode }: Target, bytes: Bytes): Promise<void> {
  const pieces = bytes instanceof Uint8Array ? [bytes] : bytes
  if (kind === 'stdout') return void (await writeStdout(pieces))
  if (kind !== 'stream') return writeAtomic(path, pieces, mode === undefined ? {} : { mode })
  const file = await open(path, 'w')
  try {
    for (const piece of pieces) await file.writeFile(piece)
  } finally {
    await file.close()
  }
}

async function writeStdout(pieces: readonly Uint8Array[]): Promise<void> {
  for (const piece of pieces)
    await new Promise<void>((resolve, reject) => process.stdout.write(piece, (error) => (error ? reject(error) : resolve())))
}
