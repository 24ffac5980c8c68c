// Writes a zip piece by piece, so that no archive lies whole in memory: fflate writes the format,
// zlib deflates. Entries that would pack suspiciously well are stored as they are, so that whoever
// opens the archive may refuse bombs.
import { Zip, ZipPassThrough, type ZipInputFile } from 'fflate'
import { crc32, deflateRawSync } from 'node:zlib'

/**
 * Bytes unpacked for each byte packed: more than this is refused by readers (unzip.ts) and never
 * written here.
 */
export const largestRatio = 200

/**
 * Sizes and offsets of a zip without extensions have 32 bits; a megabyte is left for its directory.
 */
export const largestZip = 2 ** 32 - 2 ** 20

// The earliest that a zip can tell: the same content makes the same bytes whenever and wherever it
// is written.
const written = new Date(1980, 0, 1)

export interface ZipWriter {
  /** A small entry, deflated where that pays. */
  add(name: string, bytes: Uint8Array): void
  /** An entry of many pieces, stored as they are. */
  addPieces(name: string, pieces: Iterable<Uint8Array>): void
  /** Writes the directory; nothing can be added after it. */
  end(): void
}

/** `sink` gets the bytes of the archive in order and may throw. */
export function zipWriter(sink: (bytes: Uint8Array) => void): ZipWriter {
  const zip = new Zip((error, bytes) => {
    if (error) throw error
    sink(bytes)
  })
  return {
    add(name, bytes) {
      const packed = deflateRawSync(bytes)
      const pays =
        packed.length < 0.9 * bytes.length && packed.length * (largestRatio / 2) > bytes.length
      const entry: ZipInputFile = {
        filename: name,
        size: bytes.length,
        crc: crc32(bytes),
        compression: pays ? 8 : 0,
        mtime: written,
      }
      zip.add(entry)
      entry.ondata!(null, (pays ? packed : bytes) as Uint8Array<ArrayBuffer>, true)
    },
    addPieces(name, pieces) {
      const entry = new ZipPassThrough(name)
      entry.mtime = written
      zip.add(entry)
      for (const piece of pieces) entry.push(piece)
      entry.push(new Uint8Array(0), true)
    },
    end: () => zip.end(),
  }
}
