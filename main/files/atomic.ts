// Files that are there whole or not at all: written under another name beside the target, on the
// disk, then renamed. What may fail on the way is behind FileLayer, so that tests can fail each
// step of it.
import { hash, randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

export interface OpenFile {
  write(bytes: Uint8Array): Promise<void>
  sync(): Promise<void>
  close(): Promise<void>
}

export interface FileLayer {
  /**
   * Creates a file that must not exist yet, with this mode whatever the umask; without one, as the
   * umask has it.
   */
  create(path: string, mode?: number): Promise<OpenFile>
  rename(from: string, to: string): Promise<void>
  /** Puts a folder's entries on the disk. */
  syncFolder(path: string): Promise<void>
  remove(path: string): Promise<void>
}

/** Names of files that a killed writeAtomic leaves; safe to delete when nobody writes there. */
export function isTemporaryName(name: string): boolean {
  return /^\..+\.[0-9a-f]{12}\.tmp$/.test(name)
}

/**
 * Bytes of a name that stay in a temporary one: with mark and endings it fits every disk, most of
 * which end at 255.
 */
const longestStem = 120

/**
 * The name of `name` while it is written. `mark` is 12 hexadecimal digits; long names are told
 * apart by their hash.
 */
export function temporaryName(name: string, mark: string, ending: 'tmp' | 'old' = 'tmp'): string {
  return `.${shortened(name, longestStem)}.${mark}.${ending}`
}

/** At most `most` bytes of a name: whole characters, then a hash of all of it. */
export function shortened(name: string, most: number): string {
  if (Buffer.byteLength(name) <= most) return name
  const tail = `~${hash('sha256', name, 'hex').slice(0, 8)}`
  let kept = ''
  for (const character of name) {
    if (Buffer.byteLength(kept + character) + tail.length > most) break
    kept += character
  }
  return kept + tail
}

/**
 * Writes bytes (or pieces, one after the other) so that `path` has either its old content or all of
 * the new, also after a power loss. Throws what the file system throws; then the old content is
 * still there, no temporary file is. `mode`: the permissions, such as those of the file that is
 * replaced; without it those of a new file.
 */
export async function writeAtomic(
  path: string,
  bytes: Uint8Array | readonly Uint8Array[],
  options: { mode?: number; layer?: FileLayer } = {},
): Promise<void> {
  const { mode, layer = diskLayer } = options
  const temporary = join(
    dirname(path),
    temporaryName(basename(path), randomBytes(6).toString('hex')),
  )
  try {
    await writeWhole(layer, temporary, bytes instanceof Uint8Array ? [bytes] : bytes, mode)
    await layer.rename(temporary, path)
  } catch (error) {
    // The first error is the one to tell; a file that cannot be removed either is found by
    // isTemporaryName later.
    await layer.remove(temporary).catch(() => undefined)
    throw error
  }
  await layer.syncFolder(dirname(path))
}

/** sha256 of bytes, in hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex')
}

async function writeWhole(
  layer: FileLayer,
  path: string,
  pieces: readonly Uint8Array[],
  mode?: number,
): Promise<void> {
  const file = await layer.create(path, mode)
  try {
    for (const piece of pieces) await file.write(piece)
    await file.sync()
  } catch (error) {
    await file.close().catch(() => undefined)
    throw error
  }
  await file.close()
}

/** The real file system. */
export const diskLayer: FileLayer = {
  async create(path, mode) {
    const file = await open(path, 'wx', mode ?? 0o644)
    if (mode !== undefined) await file.chmod(mode)
    return {
      write: (bytes) => file.writeFile(bytes),
      sync: () => file.sync(),
      close: () => file.close(),
    }
  },
  rename,
  async syncFolder(path) {
    // Windows can neither open nor sync a folder; NTFS journals the rename itself.
    if (process.platform === 'win32') return
    const folder = await open(path, 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  },
  remove: (path) => rm(path, { force: true }),
}

const watchedPiece = 4 * 2 ** 20

/**
 * The same layer, which tells how many bytes it has written in all and throws the signal's reason
 * once that is aborted.
 */
export function watchedLayer(
  layer: FileLayer,
  cancel: AbortSignal,
  onBytes: (done: number) => void,
): FileLayer {
  let done = 0
  const write = async (file: OpenFile, bytes: Uint8Array) => {
    for (let from = 0; from < bytes.length; from += watchedPiece) {
      cancel.throwIfAborted()
      const piece = bytes.subarray(from, from + watchedPiece)
      await file.write(piece)
      onBytes((done += piece.length))
    }
  }
  return {
    ...layer,
    async create(path, mode) {
      const file = await layer.create(path, mode)
      return {
        write: (bytes) => write(file, bytes),
        sync: () => file.sync(),
        close: () => file.close(),
      }
    },
  }
}
