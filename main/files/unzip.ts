// Reads a zip that a stranger may have made. The directory is checked whole before anything is
// unpacked: names, sizes, overlaps, links; then each entry's real bytes are counted against what it
// promised. Format: PKWARE's APPNOTE 6.3.
import { closeSync, fstatSync, openSync } from 'node:fs'
import { crc32, createInflateRaw } from 'node:zlib'
import { StudioError } from '../../preload/contract/errors.ts'
import { readAt } from './readAt.ts'
import { fileReason } from './reason.ts'
import { largestRatio } from './zip.ts'

export interface ZipEntry {
  name: string
  /** Bytes unpacked, as promised. */
  bytes: number
}

export interface OpenZip {
  entries: ZipEntry[]
  /**
   * The pieces of an entry, unpacked; ends with an error when they are not what the directory says.
   */
  pieces(name: string): AsyncGenerator<Uint8Array>
  /** A small entry whole. */
  read(name: string, limit: number): Promise<Uint8Array>
  close(): void
}

interface Placed extends ZipEntry {
  packed: number
  method: number
  crc: number
  header: number
  start: number
}

const mostEntries = 10_000
const pieceBytes = 256 * 1024
/** Below this size an entry may pack as well as it likes: there is nothing to gain by it. */
const smallEntry = 64 * 1024

/** Throws StudioError `bad-input` with what is wrong; the file is closed then. */
export function openZip(path: string): OpenZip {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    throw bad(`it cannot be read (${fileReason(error)})`)
  }
  try {
    const entries = readDirectory(file)
    const named = (name: string) => {
      const entry = entries.get(name)
      if (!entry) throw bad(`it has no ${JSON.stringify(name)}`)
      return entry
    }
    return {
      entries: [...entries.values()].map(({ name, bytes }) => ({ name, bytes })),
      pieces: (name) => unpack(file, named(name)),
      async read(name, limit) {
        const entry = named(name)
        if (entry.bytes > limit)
          throw bad(`${name} has ${entry.bytes} bytes, expected at most ${limit}`)
        const pieces: Uint8Array[] = []
        for await (const piece of unpack(file, entry)) pieces.push(piece)
        return Buffer.concat(pieces)
      },
      close: () => closeSync(file),
    }
  } catch (error) {
    closeSync(file)
    throw error
  }
}

function readDirectory(file: number): Map<string, Placed> {
  const stat = fstatSync(file)
  if (!stat.isFile()) throw bad('it is not a file')
  const { count, size, offset, end } = readEnd(file, stat.size)
  if (count > mostEntries) throw bad(`it has ${count} entries, expected at most ${mostEntries}`)
  if (offset + size !== end) throw bad('its directory is not where its end record says')
  const directory = readAt(file, offset, size, cut)
  const entries = new Map<string, Placed>()
  const folded = new Set<string>()
  let at = 0
  for (let index = 0; index < count; index++) {
    const { entry, next } = readEntry(directory, at)
    at = next
    if (entry === null) continue
    if (folded.has(entry.name.toLowerCase()))
      throw bad(`it has ${JSON.stringify(entry.name)} twice`)
    folded.add(entry.name.toLowerCase())
    entries.set(entry.name, entry)
  }
  if (at !== size) throw bad('its directory has bytes after its last entry')
  place(file, [...entries.values()], offset)
  return entries
}

function readEnd(
  file: number,
  size: number,
): { count: number; size: number; offset: number; end: number } {
  const length = Math.min(size, 22 + 65_535)
  const tail = readAt(file, size - length, length, cut)
  for (let at = length - 22; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== 0x06054b50 || at + 22 + tail.readUInt16LE(at + 20) !== length)
      continue
    const numbers = [4, 6, 8, 10].map((offset) => tail.readUInt16LE(at + offset))
    const [directorySize, offset] = [tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)]
    if (numbers[0] !== 0 || numbers[1] !== 0 || numbers[2] !== numbers[3])
      throw bad('it is one part of several')
    if (numbers[3] === 0xffff || offset === 0xffffffff)
      throw bad('it is a zip archive of more than 4 GiB (zip64), which is not supported')
    return { count: numbers[3]!, size: directorySize, offset, end: size - length + at }
  }
  throw bad('it is not a complete zip archive: its end is missing')
}

/** null: what a desktop adds when it packs a folder, which is never looked at. */
function readEntry(directory: Buffer, at: number): { entry: Placed | null; next: number } {
  if (at + 46 > directory.length || directory.readUInt32LE(at) !== 0x02014b50)
    throw bad('its directory is truncated or damaged')
  const [nameLength, extra, comment] = [28, 30, 32].map((offset) =>
    directory.readUInt16LE(at + offset),
  ) as [number, number, number]
  const next = at + 46 + nameLength + extra + comment
  if (next > directory.length) throw bad('its directory is truncated or damaged')
  const raw = directory.subarray(at + 46, at + 46 + nameLength)
  if (isAdded(raw.toString('utf8'), directory.readUInt32LE(at + 24))) return { entry: null, next }
  const name = safeName(raw)
  const [flags, method] = [directory.readUInt16LE(at + 8), directory.readUInt16LE(at + 10)]
  const [crc, packed, bytes] = [16, 20, 24].map((offset) =>
    directory.readUInt32LE(at + offset),
  ) as [number, number, number]
  if (flags & 0x41) throw bad(`${JSON.stringify(name)} is encrypted`)
  if (method !== 0 && method !== 8)
    throw bad(`${JSON.stringify(name)} uses compression method ${method}, expected 0 or 8`)
  // the file type of Unix lies in the upper half of the external attributes
  const type = (directory.readUInt32LE(at + 38) >>> 28) & 0xf
  if (type !== 0 && type !== 8) throw bad(`${JSON.stringify(name)} is a link or a special file`)
  if (method === 0 && packed !== bytes) throw bad(`${JSON.stringify(name)} has a false size`)
  if (bytes > smallEntry && bytes > largestRatio * packed)
    throw bad(`${JSON.stringify(name)} would expand to more than ${largestRatio} times its size`)
  return {
    entry: { name, bytes, packed, method, crc, header: directory.readUInt32LE(at + 42), start: 0 },
    next,
  }
}

/** An empty entry for a folder, and the files that macOS puts beside others. */
function isAdded(name: string, bytes: number): boolean {
  return (
    (name.endsWith('/') && bytes === 0) ||
    name.startsWith('__MACOSX/') ||
    /(^|\/)\.DS_Store$/.test(name)
  )
}

/**
 * A relative path of plain names. Throws for everything that could lead elsewhere or mean two
 * things.
 */
function safeName(bytes: Buffer): string {
  let name: string
  try {
    name = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw bad('a name in it is not UTF-8')
  }
  const parts = name.split('/')
  const plain = parts.every(
    (part) => /^[\p{L}\p{N}_\-. ]{1,120}$/u.test(part) && !/^\.+$|^\s|[\s.]$/.test(part),
  )
  if (!plain || parts.length > 4)
    throw bad(`the name ${JSON.stringify(name.slice(0, 80))} is not a plain relative path`)
  return name
}

// Where each entry's bytes begin: its local header has to agree, and no two may share a byte.
function place(file: number, entries: Placed[], directory: number): void {
  let free = 0
  for (const entry of entries.sort((a, b) => a.header - b.header)) {
    if (entry.header < free) throw bad(`${JSON.stringify(entry.name)} overlaps another entry`)
    if (entry.header + 30 > directory)
      throw bad(`${JSON.stringify(entry.name)} lies outside the file`)
    const header = readAt(file, entry.header, 30, cut)
    const nameLength = header.readUInt16LE(26)
    entry.start = entry.header + 30 + nameLength + header.readUInt16LE(28)
    free = entry.start + entry.packed
    if (
      header.readUInt32LE(0) !== 0x04034b50 ||
      header.readUInt16LE(8) !== entry.method ||
      free > directory
    )
      throw bad(`${JSON.stringify(entry.name)} is not where the directory says`)
    if (readAt(file, entry.header + 30, nameLength, cut).toString('utf8') !== entry.name)
      throw bad(`${JSON.stringify(entry.name)} has another name inside`)
  }
}

async function* unpack(file: number, entry: Placed): AsyncGenerator<Uint8Array> {
  let [bytes, crc] = [0, 0]
  for await (const piece of entry.method === 0 ? stored(file, entry) : inflated(file, entry)) {
    bytes += piece.length
    // real bytes are counted: what was promised is all that is taken
    if (bytes > entry.bytes)
      throw bad(`${entry.name} has more than the ${entry.bytes} bytes in its header`)
    crc = crc32(piece, crc)
    yield piece
  }
  if (bytes !== entry.bytes) throw bad(`${entry.name} has ${bytes} bytes, expected ${entry.bytes}`)
  if (crc !== entry.crc) throw bad(`${entry.name} has changed since it was packed`)
}

function* stored(file: number, { start, packed }: Placed): Generator<Buffer> {
  for (let done = 0; done < packed; done += pieceBytes)
    yield readAt(file, start + done, Math.min(pieceBytes, packed - done), cut)
}

async function* inflated(file: number, entry: Placed): AsyncGenerator<Uint8Array> {
  const inflate = createInflateRaw({ chunkSize: 64 * 1024 })
  const source = stored(file, entry)
  const feed = () => {
    try {
      for (;;) {
        const { done, value } = source.next()
        if (done) return void inflate.end()
        if (!inflate.write(value)) return void inflate.once('drain', feed)
      }
    } catch (error) {
      inflate.destroy(error as Error) // cut while being read
    }
  }
  try {
    feed()
    for await (const piece of inflate) yield piece as Uint8Array
  } catch (error) {
    if (error instanceof StudioError) throw error
    throw bad(`${entry.name} cannot be unpacked`)
  } finally {
    inflate.destroy()
  }
}

const cut = () => bad('it is truncated')

function bad(found: string): StudioError {
  return new StudioError('bad-input', `The archive cannot be used: ${found}.`, { found })
}
