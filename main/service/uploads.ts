// Files of a page's machine on their way to an import: pieces in order into the data folder's
// `incoming`, under a name of our own. Known only as long as this owner lives; the next one removes
// what was left.
import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, rm, rmdir, statfs } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { StudioError } from '../../preload/contract/errors.ts'
import { largestPiece } from '../../preload/contract/jobs.ts'
import { fileReason } from '../files/reason.ts'
import type { Store } from '../store/open.ts'
import type { Context, Upload } from './context.ts'

/**
 * Uploads at a time at most, and milliseconds without a piece after which one is given up when
 * others need its place or its room: its page has gone.
 */
const mostUploads = 16
const patience = 60_000
/** Bytes left free on the disk, for the database. */
const spare = 64 * 2 ** 20

const incoming = (store: Store) => join(store.dataFolder, 'incoming')

/** Throws `store-failed` without room for it, `wrong-state` for too many at a time. */
export async function beginUpload(
  context: Context,
  { name, bytes }: { name: string; bytes: number },
): Promise<{ upload: string }> {
  const { uploads, store } = context
  if (uploads.size >= mostUploads) await giveUpSilent(context)
  if (uploads.size >= mostUploads)
    throw new StudioError(
      'wrong-state',
      `Expected at most ${mostUploads} uploads at a time, found ${uploads.size}. Import or discard an upload first.`,
    )
  const id = randomBytes(8).toString('hex')
  const path = join(incoming(store), `${id}${endingOf(name)}`)
  // taken before anything is awaited: two that begin at once share the room
  uploads.set(id, {
    id,
    name: shownName(name),
    bytes,
    received: 0,
    path,
    state: 'waiting',
    touchedAt: Date.now(),
  })
  try {
    await mkdir(incoming(store), { recursive: true })
    await requireRoom(context)
    await (await open(path, 'wx')).close()
  } catch (error) {
    uploads.delete(id)
    throw written(error)
  }
  return { upload: id }
}

/** Throws `not-found`, `bad-input` (data.expected: the offset that comes next), `store-failed`. */
export async function takePiece(
  context: Context,
  { upload: id, offset, piece }: { upload: string; offset: number; piece: Uint8Array },
): Promise<{ path: string | null }> {
  const upload = context.uploads.get(id)
  if (!upload)
    throw new StudioError(
      'not-found',
      'Expected an upload in progress, found none with this id. Send the file again.',
      {
        upload: id,
      },
    )
  const left = upload.bytes - upload.received
  const wrong = (expected: string, found: string | number) =>
    new StudioError('bad-input', `Expected ${expected}, found ${found}.`, {
      expected: upload.received,
      bytes: upload.bytes,
    })
  if (upload.state !== 'waiting') throw wrong('one piece at a time', 'another piece being written')
  if (offset !== upload.received) throw wrong(`a piece at offset ${upload.received}`, offset)
  if (piece.length === 0 || piece.length > Math.min(largestPiece, left))
    throw wrong(`a piece of 1 to ${Math.min(largestPiece, left)} bytes`, piece.length)
  upload.state = 'writing'
  try {
    await writeAt(upload, piece)
  } catch (error) {
    throw written(error)
  } finally {
    Object.assign(upload, { state: 'waiting', touchedAt: Date.now() })
    // given up meanwhile
    if (!context.uploads.has(id)) await rm(upload.path, { force: true })
  }
  upload.received += piece.length
  return { path: upload.received === upload.bytes ? upload.path : null }
}

async function writeAt({ path, received }: Upload, piece: Uint8Array): Promise<void> {
  const file = await open(path, 'r+')
  try {
    for (let done = 0; done < piece.length;) {
      done += (await file.write(piece, done, piece.length - done, received + done)).bytesWritten
    }
  } finally {
    await file.close()
  }
}

/** False when there is none, or an import is reading it: that one removes it. */
export async function discardUpload(context: Context, id: string): Promise<{ discarded: boolean }> {
  const upload = context.uploads.get(id)
  if (!upload || upload.state === 'importing') return { discarded: false }
  context.uploads.delete(id)
  await rm(upload.path, { force: true })
  return { discarded: true }
}

/**
 * The upload that a path means; null for any other path. Throws `not-found` for one in `incoming`
 * that is not there or not whole.
 */
export function findUpload(context: Context, path: string): Upload | null {
  if (dirname(resolve(path)) !== resolve(incoming(context.store))) return null
  const upload = [...context.uploads.values()].find((one) => one.path === resolve(path))
  if (upload && upload.received === upload.bytes && upload.state === 'waiting') return upload
  throw new StudioError(
    'not-found',
    `Expected a complete upload, found ${upload ? `${upload.received} of ${upload.bytes} bytes, or one that is being imported` : 'none'}. Send the file again.`,
  )
}

/** Removes the upload once `use` has ended, however it ended. */
export async function usingUpload<T>(
  context: Context,
  upload: Upload,
  use: () => Promise<T>,
): Promise<T> {
  if (upload.state !== 'waiting')
    throw new StudioError(
      'wrong-state',
      `Expected to import ${upload.name}, found that it is already being imported. Wait for that import.`,
    )
  upload.state = 'importing'
  try {
    return await use()
  } finally {
    upload.state = 'waiting'
    await discardUpload(context, upload.id)
  }
}

/** Removes what an owner before left, as far as it can be removed; only a new owner may. */
export async function removeIncoming(store: Store): Promise<void> {
  // the data folder may be one that holds a folder of that name already
  const left = (await readdir(incoming(store)).catch((): string[] => [])).filter((name) =>
    /^[0-9a-f]{16}(\.[a-z]+)?$/.test(name),
  )
  for (const name of left)
    await rm(join(incoming(store), name), { force: true }).catch(() => undefined)
  await rmdir(incoming(store)).catch(() => undefined)
}

async function giveUpSilent(context: Context): Promise<void> {
  const now = Date.now()
  for (const { id, state, touchedAt } of [...context.uploads.values()])
    if (state === 'waiting' && now - touchedAt > patience) await discardUpload(context, id)
}

/** Bytes that are still to come of all of them, and those that there is room for. */
async function roomOf({ uploads, store }: Context): Promise<{ needed: number; free: number }> {
  const { bavail, bsize } = await statfs(incoming(store))
  const needed = [...uploads.values()].reduce(
    (sum, { bytes, received }) => sum + bytes - received,
    0,
  )
  return { needed, free: bavail * bsize - spare }
}

async function requireRoom(context: Context): Promise<void> {
  const { store } = context
  let { needed, free } = await roomOf(context)
  if (needed > free) {
    await giveUpSilent(context)
    ;({ needed, free } = await roomOf(context))
  }
  if (needed <= free) return
  throw new StudioError(
    'store-failed',
    `Expected room for ${needed} bytes in ${store.dataFolder}, found ${Math.max(0, free)}. Free some space, or import the file by its path on this machine.`,
    { needed, free },
  )
}

/** Only endings that importers know. */
function endingOf(name: string): string {
  return /\.(latent|safetensors)$/i.exec(name)?.[0].toLowerCase() ?? ''
}

function shownName(name: string): string {
  const last = name.split(/[\\/]/).at(-1)!
  return last.replace(/\p{Cc}+/gu, ' ').trim() || 'a file'
}

function written(error: unknown): unknown {
  if (error instanceof StudioError) return error
  return new StudioError(
    'store-failed',
    `Expected to store the uploaded file, found ${fileReason(error)}. Free some space, then send it again.`,
  )
}
