// The write-ahead log of a database, read without SQLite: which pages its committed transactions
// hold. SQLite itself could not read it without making files beside it. Layout and checksums:
// sqlite.org/fileformat2.html, section 4.

/** Bytes [position, position + length) of the log; fewer at its end. */
export type ReadLog = (position: number, length: number) => Buffer

export interface Log {
  pageSize: number
  /** Pages of the whole database after the last transaction. */
  pageCount: number
  /** Where in the log the newest content of a page lies, by page numbers, which begin at 1. */
  pages: ReadonlyMap<number, number>
}

const headerBytes = 32
const frameHeaderBytes = 24

/** null when the log holds no whole transaction. */
export function readLog(read: ReadLog): Log | null {
  const header = read(0, headerBytes)
  if (header.length < headerBytes || (header.readUInt32BE(0) & ~1) !== 0x377f0682) return null
  const sum = new Checksum((header.readUInt32BE(0) & 1) === 1)
  sum.add(header.subarray(0, 24))
  if (!sum.equals(header, 24)) return null
  const pageSize = header.readUInt32BE(8)
  const pages = new Map<number, number>()
  const uncommitted = new Map<number, number>()
  let pageCount = 0
  for (let position = headerBytes; ; position += frameHeaderBytes + pageSize) {
    const frame = read(position, frameHeaderBytes + pageSize)
    if (frame.length < frameHeaderBytes + pageSize) break
    // frames of an older round of the log carry other salts
    if (frame.compare(header, 16, 24, 8, 16) !== 0) break
    sum.add(frame.subarray(0, 8))
    sum.add(frame.subarray(frameHeaderBytes))
    if (!sum.equals(frame, 16)) break
    uncommitted.set(frame.readUInt32BE(0), position + frameHeaderBytes)
    const committed = frame.readUInt32BE(4)
    if (committed === 0) continue
    pageCount = committed
    for (const [page, at] of uncommitted) pages.set(page, at)
    uncommitted.clear()
  }
  return pageCount > 0 ? { pageSize, pageCount, pages } : null
}

/** Runs over the header and all frames; each frame stores what it has become. */
class Checksum {
  #first = 0
  #second = 0
  readonly #bigEndian: boolean

  constructor(bigEndian: boolean) {
    this.#bigEndian = bigEndian
  }

  add(bytes: Uint8Array): void {
    const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    let [first, second] = [this.#first, this.#second]
    for (let at = 0; at + 8 <= bytes.length; at += 8) {
      first = (first + words.getUint32(at, !this.#bigEndian) + second) >>> 0
      second = (second + words.getUint32(at + 4, !this.#bigEndian) + first) >>> 0
    }
    this.#first = first
    this.#second = second
  }

  equals(stored: Buffer, at: number): boolean {
    return stored.readUInt32BE(at) === this.#first && stored.readUInt32BE(at + 4) === this.#second
  }
}
