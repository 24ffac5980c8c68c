// The sha256 of a file of any size, read in pieces.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'

/** In hexadecimal. `onPiece` is told how many bytes each piece had. */
export async function fileHash(path: string, onPiece?: (bytes: number) => void): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path, {
    highWaterMark: 2 ** 20,
  }) as AsyncIterable<Buffer>) {
    hash.update(piece)
    onPiece?.(piece.length)
  }
  return hash.digest('hex')
}
