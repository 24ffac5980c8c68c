// Bytes of an open file, all that were asked for.
import { readSync } from 'node:fs'

/** Throws what `cut` makes when the file ends before. */
export function readAt(file: number, position: number, length: number, cut: () => Error): Buffer {
  const bytes = Buffer.alloc(length)
  for (let done = 0; done < length;) {
    const read = readSync(file, bytes, done, length - done, position + done)
    if (read === 0) throw cut()
    done += read
  }
  return bytes
}
