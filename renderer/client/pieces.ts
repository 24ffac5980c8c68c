// Whole files over the line, in pieces that fit into a message: what an export kept for download,
// and what the person hands over to be imported.
import { StudioError } from '../../preload/contract/errors.ts'
import { maxAnswerBytes } from '../../preload/contract/latent.ts'
import { client } from './connection.svelte.ts'

/** How far it is, in bytes. */
export type OnBytes = (done: number, total: number) => void

/** What the export `job` kept for download. Throws the service's errors, and `cancelled`. */
export async function fetchKept(
  job: string,
  signal: AbortSignal,
  onBytes: OnBytes,
): Promise<{ name: string; blob: Blob }> {
  const pieces: Blob[] = [] // which the browser keeps where it has room
  for (let offset = 0; ;) {
    const { name, bytes, piece } = await client.jobs.file({ job, offset }, { signal })
    pieces.push(new Blob([piece as Uint8Array<ArrayBuffer>]))
    offset += piece.length
    onBytes(offset, bytes)
    if (offset >= bytes) return { name, blob: new Blob(pieces) }
  }
}

/** A file that has arrived; an import takes its path, and removes it. */
export interface SentFile {
  upload: string
  path: string
}

/** What no import took. */
export function discardSent(upload: string): void {
  void client.uploads.discard({ upload }).catch(() => undefined)
}

/** Hands a file over. Throws the service's errors, and `cancelled`; then nothing of it is left. */
export async function sendFile(
  file: File,
  signal: AbortSignal,
  onBytes: OnBytes,
): Promise<SentFile> {
  if (file.size === 0)
    throw new StudioError(
      'bad-input',
      `${file.name}: expected a .latent or .safetensors file, found an empty one. Choose another file.`,
    )
  const { upload } = await client.uploads.begin({ name: file.name, bytes: file.size }, { signal })
  try {
    for (let offset = 0; ;) {
      const piece = new Uint8Array(await file.slice(offset, offset + maxAnswerBytes).arrayBuffer())
      const { path } = await client.uploads.piece({ upload, offset, piece }, { signal })
      offset += piece.length
      onBytes(offset, file.size)
      if (path !== null) return { upload, path }
    }
  } catch (thrown) {
    discardSent(upload)
    throw thrown
  }
}
