// Pictures of the manifold over a run's steps, deflated when that saves a tenth.
import { deflateSync, inflateSync } from 'node:zlib'
import { StudioError } from '../../preload/contract/errors.ts'
import type { FrameInfo } from '../../preload/contract/records.ts'
import { checksum, isWhole } from './checksums.ts'
import type { Store } from './open.ts'
import { sql } from './sql.ts'

/** A frame with its pixels in memory, in the layout of the contract's Frame. */
export interface StoredFrame extends FrameInfo {
  pixels: Uint8Array<ArrayBuffer>
}

/** Stores a frame (again at a step: in place of the first). */
export function addFrame(
  store: Store,
  run: string,
  frame: FrameInfo & { pixels: Uint8Array },
): void {
  const { pixels } = frame
  // Level 1: the main process waits for it (2 to 3 ms for a 20x20 manifold of digits, a third of
  // its size).
  const deflated = deflateSync(pixels, { level: 1 })
  const pays = deflated.length < 0.9 * pixels.length
  insertFrame(store, run, frame, pays ? 'deflate' : 'raw', pays ? deflated : pixels)
}

/** A frame whose pixels are packed already. */
export function insertFrame(
  store: Store,
  run: string,
  frame: FrameInfo,
  encoding: 'raw' | 'deflate',
  packed: Uint8Array,
): void {
  const { step, grid, tileWidth, tileHeight, reconstructions } = frame
  sql(
    store,
    'INSERT OR REPLACE INTO frames (run, step, grid, tileWidth, tileHeight, reconstructions, encoding, pixels, crc) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  ).run(
    run,
    step,
    grid,
    tileWidth,
    tileHeight,
    reconstructions,
    encoding,
    packed,
    checksum(packed, [run, step, grid, tileWidth, tileHeight, reconstructions, encoding]),
  )
}

/** What frames there are, first step first. */
export function listFrames(store: Store, run: string): FrameInfo[] {
  return sql<FrameInfo>(
    store,
    'SELECT step, grid, tileWidth, tileHeight, reconstructions FROM frames WHERE run = ? ORDER BY step',
  ).all(run)
}

/** The frame at a step, or the newest. Throws StudioError `not-found`, `store-failed`. */
export function readFrame(store: Store, run: string, step?: number): StoredFrame {
  const row = sql<
    FrameInfo & { encoding: string; pixels: Uint8Array<ArrayBuffer>; crc: number | null }
  >(
    store,
    `SELECT step, grid, tileWidth, tileHeight, reconstructions, encoding, pixels, crc FROM frames WHERE run = ? AND (? IS NULL OR step = ?) ORDER BY step DESC LIMIT 1`,
  ).get(run, step ?? null, step ?? null)
  if (!row)
    throw new StudioError(
      'not-found',
      step === undefined
        ? `Expected a frame of run ${run}, found none stored yet.`
        : `Expected a frame at step ${step} of run ${run}, found none.`,
      { run, step },
    )
  const { encoding, pixels, crc, ...info } = row
  const damaged = () =>
    new StudioError(
      'store-failed',
      `Expected an intact frame at step ${info.step} of run ${run}, found it damaged in the database. Frames at other steps can still be shown.`,
      { run, step: info.step, damaged: true },
    )
  if (
    !(pixels instanceof Uint8Array) ||
    !isWhole(
      pixels,
      [run, info.step, info.grid, info.tileWidth, info.tileHeight, info.reconstructions, encoding],
      crc,
    )
  )
    throw damaged()
  try {
    const unpacked = Uint8Array.from(encoding === 'deflate' ? inflateSync(pixels) : pixels)
    if (
      unpacked.length ===
      (info.grid ** 2 + 2 * info.reconstructions) * info.tileWidth * info.tileHeight
    )
      return { ...info, pixels: unpacked }
  } catch {
    // damaged before it had a checksum
  }
  throw damaged()
}
