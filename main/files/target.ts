// What a path that somebody wants written stands for: links are followed and stay, a file keeps its
// permissions, and what is no file (a pipe, a terminal, standard output) takes a stream of bytes
// instead of being replaced.
import {
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  statSync,
  type Stats,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { Socket } from 'node:net'
import { dirname, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
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

/**
 * Throws what the file system throws, such as ELOOP, EACCES and ENAMETOOLONG; a path that leads
 * nowhere is `new`.
 */
export function targetOf(path: string, links = 0): Target {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) {
    // a link to something that is not there yet makes that
    if (links > mostLinks || !lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink())
      return { kind: 'new', path }
    return targetOf(resolve(realpathSync(dirname(path)), readlinkSync(path)), links + 1)
  }
  if (isStdout(found)) return { kind: 'stdout', path }
  if (found.isDirectory()) return { kind: 'folder', path: realpathSync(path) }
  return found.isFile()
    ? { kind: 'file', path: realpathSync(path), mode: found.mode & 0o777 }
    : { kind: 'stream', path }
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

/** Milliseconds between two looks for a reader, and until somebody is told that there is none. */
const lookEvery = 50
const tellAfter = 1000

/**
 * Writes a target: a file whole or not at all, a stream from its beginning. A named pipe is written
 * once it has a reader; `waits` is called once when that takes longer. Throws what the system
 * throws.
 */
export async function writeTarget(
  { kind, path, mode }: Target,
  bytes: Bytes,
  waits: () => void = () => undefined,
): Promise<void> {
  const pieces = bytes instanceof Uint8Array ? [bytes] : bytes
  if (kind === 'stdout') return void (await writeStdout(pieces))
  if (kind !== 'stream') return writeAtomic(path, pieces, mode === undefined ? {} : { mode })
  if (statSync(path).isFIFO()) return writePipe(path, pieces, waits)
  const file = await open(path, 'w')
  try {
    for (const piece of pieces) await file.writeFile(piece)
  } finally {
    await file.close()
  }
}

function writeStdout(pieces: readonly Uint8Array[]): Promise<void> {
  return writeAll(process.stdout, pieces)
}

// A thread that waits for a pipe's other end cannot be interrupted, and keeps the process from
// ending. So nothing here waits for the system: neither for a reader, nor for one that is slow.
async function writePipe(
  path: string,
  pieces: readonly Uint8Array[],
  waits: () => void,
): Promise<void> {
  const pipe = new Socket({ fd: await openedPipe(path, waits), readable: false, writable: true })
  pipe.on('error', () => undefined) // a write says so
  await writeAll(pipe, pieces).finally(() => pipe.destroy())
}

async function openedPipe(path: string, waits: () => void): Promise<number> {
  const tellAt = performance.now() + tellAfter
  for (let told = false; ; await sleep(lookEvery)) {
    try {
      return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
    } catch (error) {
      // fifo(7): no reader yet
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error
    }
    if (told || performance.now() < tellAt) continue
    told = true
    waits()
  }
}

async function writeAll(
  stream: NodeJS.WritableStream,
  pieces: readonly Uint8Array[],
): Promise<void> {
  for (const piece of pieces)
    await new Promise<void>((resolve, reject) =>
      stream.write(piece, (error) => (error ? reject(error) : resolve())),
    )
}
