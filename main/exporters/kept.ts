// An export as one file, written by the thread that made it: the file of a format that stands
// alone, a zip of those of every other. Nothing is held twice in memory.
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { StudioError } from '../../preload/contract/errors.ts'
import { largestZip, zipWriter } from '../files/zip.ts'
import type { BuiltExport } from './builtExport.ts'

const pieceBytes = 2 ** 20

/**
 * Writes to `path`, in place of what is there. Returns what it holds. Throws `bad-input` for more
 * than a zip holds.
 */
export function keepExport(
  { files }: Pick<BuiltExport, 'files'>,
  path: string,
  asZip: boolean,
  onBytes: (done: number, total: number) => void,
): { name: string; bytes: number }[] {
  const total = files.reduce((sum, { bytes }) => sum + bytes.length, 0)
  if (asZip && total > largestZip)
    throw new StudioError(
      'bad-input',
      `Expected at most 4 GiB for a download, found ${total} bytes. Export to a path instead.`,
      {
        bytes: total,
      },
    )
  const file = openSync(path, 'w')
  try {
    let done = 0
    const write = (piece: Uint8Array) => {
      for (let at = 0; at < piece.length;) at += writeSync(file, piece, at)
      onBytes(Math.min(total, (done += piece.length)), total)
    }
    if (asZip) {
      const zip = zipWriter(write)
      for (const { name, bytes } of files) zip.addPieces(name, piecesOf(bytes))
      zip.end()
    } else for (const { bytes } of files) for (const piece of piecesOf(bytes)) write(piece)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  return files.map(({ name, bytes }) => ({ name, bytes: bytes.length }))
}

function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += pieceBytes)
    yield bytes.subarray(from, from + pieceBytes)
}
