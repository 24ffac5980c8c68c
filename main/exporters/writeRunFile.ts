// A whole run as one .latent file: a zip of its record, metrics, validations, events, frames and
// checkpoints, each with its sha256 (docs/latent-file.md). Written from one state of the store,
// piece by piece, on a thread of its own.
import { createHash, type Hash } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { StudioError } from '../../preload/contract/errors.ts'
import { metricColumns, type FrameInfo, type Run } from '../../preload/contract/records.ts'
import { sha256 } from '../files/atomic.ts'
import { largestZip, zipWriter, type ZipWriter } from '../files/zip.ts'
import {
  metricBlock,
  recordOf,
  runFileFormat,
  runFileVersion,
  type RunManifest,
} from '../importers/runManifest.ts'
import { readPoints, type OnDamage } from '../store/blocks.ts'
import { usableCheckpoints, type TrainingCheckpoint } from '../store/checkpointRows.ts'
import { listEvents } from '../store/events.ts'
import { listFrames, readFrame } from '../store/frameRows.ts'
import { toJson } from '../store/numberJson.ts'
import { lastMetricStep } from '../store/metrics.ts'
import { inSnapshot, runFolder, type Store } from '../store/open.ts'
import { encodeBlock } from '../store/pyramid.ts'
import { findRun } from '../store/runs.ts'
import { listValidations } from '../store/validations.ts'

export interface RunFileFigures {
  /** The last step that the file holds. */
  step: number
  checkpoints: number
  frames: number
  /** Checkpoints whose file is missing or has changed; they are left out. */
  left: number
  /**
   * Steps and frames that the database has lost: those have no values in the file, these are left
   * out.
   */
  lostSteps: number
  lostFrames: number
}

export interface RunFileWish {
  run: string
  /**
   * Only what lies before its last checkpoint is taken: what came after that would be computed
   * again.
   */
  live: boolean
  program: string
  /** The model card's text, if there is one. */
  card: string | null
  /**
   * How far it is: checkpoints are read twice, first to be checked. The total of what is written is
   * nearly exact.
   */
  onBytes?: (stage: 'checking' | 'writing', done: number, total: number) => void
}

/** A checkpoint whose file is open, so that retention cannot take it away any more. */
interface OpenCheckpoint {
  row: TrainingCheckpoint
  file: number
}

/** Gives the bytes of the file to `sink`, in order. Throws `bad-input` above 4 GiB. */
export function writeRunFile(
  store: Store,
  wish: RunFileWish,
  sink: (bytes: Uint8Array) => void,
): RunFileFigures {
  for (let tries = 3; ; tries--) {
    const figures = inSnapshot(store, () => {
      const { whole, lost } = openCheckpoints(store, wish)
      try {
        // a file gone since the snapshot was taken: a live run's retention took it, a new snapshot
        // knows its successor
        if (lost > 0 && wish.live && tries > 0) return null
        return { ...writeAll(store, whole, wish, sink), left: lost }
      } finally {
        for (const { file } of whole) closeSync(file)
      }
    })
    if (figures) return figures
  }
}

function writeAll(
  store: Store,
  checkpoints: OpenCheckpoint[],
  { run: id, live, program, card, onBytes }: RunFileWish,
  sink: (bytes: Uint8Array) => void,
): Omit<RunFileFigures, 'left'> {
  const run = findRun(store, id)
  const step = live ? Math.max(0, ...checkpoints.map(({ row }) => row.step)) : run.step
  const metrics = Math.min(step, lastMetricStep(store, id))
  const frames = listFrames(store, id).filter((frame) => frame.step <= step)
  const total = contentBytes(checkpoints, metrics, frames)
  let done = 0
  const counted = (bytes: Uint8Array) => {
    sink(bytes)
    // the archive's directory is not in the total, and frames may pack well
    onBytes?.('writing', Math.min(total, (done += bytes.length)), total)
  }
  const files: RunManifest['files'] = []
  const zip = listed(zipWriter(counted), files)
  if (card !== null) zip.add('MODEL_CARD.md', Buffer.from(card))
  zip.add('validations.json', json(listValidations(store, id).filter((one) => one.step <= step)))
  zip.add(
    'events.json',
    json(
      listEvents(store, id)
        .filter((one) => one.step <= step)
        .map(({ at, step, kind, text }) => ({ at, step, kind, text })),
    ),
  )
  let lostSteps = 0
  zip.addPieces(
    'metrics.f32',
    metricPieces(store, id, metrics, (from, to) => (lostSteps += to - from)),
  )
  const frameEntries = frames.flatMap((frame) => {
    const file = `step-${String(frame.step).padStart(9, '0')}.grey`
    const pixels = wholePixels(store, id, frame.step)
    if (pixels === null) return []
    zip.add(`frames/${file}`, pixels)
    return [{ file, ...frame }]
  })
  const named = new Set<string>()
  for (const { row, file } of checkpoints) {
    // best and last of one step are two rows with one file
    if (!named.has(row.file)) zip.addPieces(`checkpoints/${row.file}`, filePieces(file, row.bytes))
    named.add(row.file)
  }
  const manifest: RunManifest = {
    format: runFileFormat,
    version: runFileVersion,
    program,
    run: recordOf(live ? interrupted(run, step) : run),
    metrics: { columns: [...metricColumns], steps: metrics, stepsPerBlock: metricBlock },
    checkpoints: checkpoints.map(
      ({ row: { file, step, reason, createdAt, backend, mode, validationTotal } }) => ({
        file,
        step,
        reason,
        createdAt,
        backend,
        mode,
        validationTotal: Number.isFinite(validationTotal) ? validationTotal : null,
      }),
    ),
    frames: frameEntries,
    files: [...files],
  }
  zip.add('manifest.json', Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`))
  zip.end()
  const kept = { step, checkpoints: named.size, frames: frameEntries.length }
  return { ...kept, lostSteps, lostFrames: frames.length - frameEntries.length }
}

// A live run goes on elsewhere as one that was interrupted at its last checkpoint.
function interrupted(run: Run, step: number): Run {
  const statusReason = `Exported at the checkpoint of step ${step} while the run was ${run.status}. Resume it to continue from there.`
  return { ...run, status: 'interrupted', statusReason, step, endedAt: Date.now() }
}

/** Usable checkpoints, first step first, with their files open and found whole. */
function openCheckpoints(
  store: Store,
  { run, onBytes }: RunFileWish,
): { whole: OpenCheckpoint[]; lost: number } {
  const whole: OpenCheckpoint[] = []
  let [lost, done] = [0, 0]
  const rows = usableCheckpoints(store, run).reverse()
  const total = rows.reduce((sum, { bytes }) => sum + bytes, 0)
  for (const row of rows) {
    const file = openWhole(join(runFolder(store, run), row.file), row)
    onBytes?.('checking', (done += row.bytes), total)
    if (file === null) lost += 1
    else whole.push({ row, file })
  }
  return { whole, lost }
}

function openWhole(path: string, row: TrainingCheckpoint): number | null {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    return null
  }
  try {
    const hash = createHash('sha256')
    if (fstatSync(file).size === row.bytes)
      for (const piece of filePieces(file, row.bytes)) hash.update(piece)
    if (hash.digest('hex') === row.sha256) return file
  } catch {
    // unreadable: as good as missing
  }
  closeSync(file)
  return null
}

function* filePieces(file: number, bytes: number): Generator<Uint8Array> {
  for (let done = 0; done < bytes;) {
    const piece = Buffer.alloc(Math.min(2 ** 20, bytes - done))
    const read = readSync(file, piece, 0, piece.length, done)
    if (read === 0)
      throw new StudioError(
        'damaged-checkpoint',
        'A checkpoint file changed while it was being read. Try again.',
      )
    done += read
    yield piece.subarray(0, read)
  }
}

/** null for a frame that is damaged in the database. */
function wholePixels(store: Store, run: string, step: number): Uint8Array | null {
  try {
    return readFrame(store, run, step).pixels
  } catch (error) {
    if (error instanceof StudioError && error.data['damaged'] === true) return null
    throw error
  }
}

/** Blocks of 1,024 steps, in each column after column, float32 little endian. */
function* metricPieces(
  store: Store,
  run: string,
  steps: number,
  onDamage: OnDamage,
): Generator<Uint8Array> {
  for (let from = 0; from < steps; from += metricBlock) {
    const to = Math.min(steps, from + metricBlock)
    yield encodeBlock(readPoints(store, run, 0, from, to, onDamage), 0, to - from)
  }
}

/** The writer, keeping the list of what went through it. */
function listed(zip: ZipWriter, files: RunManifest['files']): ZipWriter {
  const hashing = function* (
    pieces: Iterable<Uint8Array>,
    hash: Hash,
    done: (bytes: number) => void,
  ) {
    let bytes = 0
    for (const piece of pieces) {
      hash.update(piece)
      bytes += piece.length
      yield piece
    }
    done(bytes)
  }
  return {
    add(name, bytes) {
      files.push({ name, bytes: bytes.length, sha256: sha256(bytes) })
      zip.add(name, bytes)
    },
    addPieces(name, pieces) {
      const hash = createHash('sha256')
      zip.addPieces(
        name,
        hashing(pieces, hash, (bytes) => files.push({ name, bytes, sha256: hash.digest('hex') })),
      )
    },
    end: () => zip.end(),
  }
}

function json(value: unknown): Uint8Array {
  return Buffer.from(toJson(value))
}

/**
 * What goes into the file, unpacked; lists and names come on top. Throws `bad-input` for more than
 * a zip holds.
 */
function contentBytes(checkpoints: OpenCheckpoint[], steps: number, frames: FrameInfo[]): number {
  const files = new Map(checkpoints.map(({ row }) => [row.file, row.bytes]))
  const framePixels = frames.map(({ grid, tileWidth, tileHeight, reconstructions }) => {
    return (grid * grid + 2 * reconstructions) * tileWidth * tileHeight
  })
  const bytes = [...files.values(), ...framePixels].reduce(
    (sum, each) => sum + each,
    steps * metricColumns.length * 4,
  )
  if (bytes <= largestZip) return bytes
  throw new StudioError(
    'bad-input',
    `Expected a run of less than 4 GiB for one .latent file, found ${bytes} bytes. Export its weights as safetensors instead.`,
    { bytes },
  )
}
