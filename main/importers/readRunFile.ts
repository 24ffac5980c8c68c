// A .latent file read as a stranger's: the archive's directory, its manifest, then every entry held
// against its size, its sha256 and what it should contain. Checkpoints become files in the run's
// folder, everything else pieces for the store.
import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { parseConfig } from '../../preload/contract/config.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import { parameterShapes } from '../../preload/contract/parameters.ts'
import type { DatasetInfo, Validation } from '../../preload/contract/records.ts'
import type { RunConfig } from '../../preload/contract/runConfig.ts'
import { datasetInfo } from '../datasets/index.ts'
import { decodeCheckpoint } from '../engine/checkpoint.ts'
import { slotShapes } from '../engine/slots.ts'
import { repeatedKey } from '../files/strictJson.ts'
import { openZip, type OpenZip } from '../files/unzip.ts'
import { fromJson } from '../store/numberJson.ts'
import { faultIn } from './checkWeights.ts'
import type { DamagedCheckpoint, ImportedRun, ImportPiece } from './pieces.ts'
import {
  eventList,
  metricBlock,
  parseManifest,
  validationList,
  type RunManifest,
} from './runManifest.ts'

const smallest = 16 * 2 ** 20 // bytes of manifest.json and of lists at most, unpacked

export interface OpenRunFile {
  manifest: RunManifest
  /**
   * Writes the checkpoints into `folder` and gives everything else in pieces. `onBytes` is told
   * what was unpacked.
   */
  pieces(
    folder: string,
    onBytes?: (done: number, total: number) => void,
  ): AsyncGenerator<ImportPiece>
  /** The record and its checkpoints, once all pieces were taken. */
  result(): ImportedRun
  close(): void
}

/** Throws `bad-input` with what is wrong, `not-found` for a data set that is not here. */
export async function openRunFile(path: string): Promise<OpenRunFile> {
  const zip = openZip(path)
  try {
    const manifest = parseManifest(
      textOf(await zip.read('manifest.json', smallest), 'manifest.json'),
    )
    const config = parseConfig(manifest.run.config)
    const dataset = datasetInfo(config.dataset)
    checkEntries(zip, manifest)
    const found: FoundCheckpoints = { checkpoints: [], damaged: [] }
    return {
      manifest,
      pieces: (folder, onBytes) =>
        piecesOf(counted(zip, onBytes), manifest, { folder, config, dataset }, found),
      result: () => ({
        record: manifest.run,
        config,
        metricSteps: manifest.metrics.steps,
        ...found,
      }),
      close: () => zip.close(),
    }
  } catch (error) {
    zip.close()
    throw error
  }
}

// Every entry is listed with its size, everything listed is there, and everything that the record
// speaks of is listed.
function checkEntries(
  zip: OpenZip,
  { files, metrics, frames, checkpoints, run }: RunManifest,
): void {
  const listed = new Map(files.map(({ name, bytes }) => [name, bytes]))
  const found = new Map(
    zip.entries
      .filter(({ name }) => name !== 'manifest.json')
      .map(({ name, bytes }) => [name, bytes]),
  )
  if (listed.size !== files.length) throw bad('manifest.json lists a file twice')
  for (const [name, bytes] of found)
    if (listed.get(name) !== bytes) throw bad(`${name} is not listed with its size`)
  const expect = (name: string, bytes?: number) => {
    if (!found.has(name)) throw bad(`${name} is missing`)
    if (bytes !== undefined && found.get(name) !== bytes)
      throw bad(`${name} has ${found.get(name)} bytes, expected ${bytes}`)
  }
  for (const name of listed.keys()) expect(name)
  expect('validations.json')
  expect('events.json')
  expect('metrics.f32', metrics.steps * metrics.columns.length * 4)
  if (metrics.steps !== run.step && metrics.steps !== 0)
    throw bad(`it has metrics of ${metrics.steps} steps for ${run.step}`)
  for (const { file, grid, tileWidth, tileHeight, reconstructions } of frames)
    expect(`frames/${file}`, (grid * grid + 2 * reconstructions) * tileWidth * tileHeight)
  for (const { file } of checkpoints) expect(`checkpoints/${file}`)
  if ([...frames, ...checkpoints].some(({ step }) => step > run.step))
    throw bad(`it has frames or checkpoints after its last step`)
  const unique = (keys: string[]) => new Set(keys).size === keys.length
  if (
    !unique(frames.map(({ step }) => `${step}`)) ||
    !unique(checkpoints.map(({ step, reason }) => `${step} ${reason}`))
  )
    throw bad('it lists a frame or checkpoint twice')
}

interface Target {
  folder: string
  config: RunConfig
  dataset: DatasetInfo
}

type FoundCheckpoints = Pick<ImportedRun, 'checkpoints' | 'damaged'>

async function* piecesOf(
  zip: OpenZip,
  manifest: RunManifest,
  target: Target,
  found: FoundCheckpoints,
): AsyncGenerator<ImportPiece> {
  const hashes = new Map(manifest.files.map(({ name, sha256 }) => [name, sha256]))
  const opened = <T>(name: string, take: (pieces: AsyncGenerator<Uint8Array>) => T) =>
    take(hashed(zip, name, hashes.get(name)!))
  // checkpoints first: they are what can be wrong in the most ways
  await takeCheckpoints(zip, manifest, hashes, target, found)
  yield* opened('metrics.f32', (pieces) => metricPieces(pieces, manifest.metrics.steps))
  const validations = listOf(
    await opened('validations.json', whole),
    'validations.json',
    validationList,
  ) as Validation[]
  const events = listOf(await opened('events.json', whole), 'events.json', eventList)
  if (validations.some(({ step }) => step > manifest.run.step))
    throw bad('it has validations after its last step')
  for (let from = 0; from < validations.length; from += 200)
    yield { kind: 'validations', list: validations.slice(from, from + 200) }
  for (let from = 0; from < events.length; from += 200)
    yield { kind: 'events', list: events.slice(from, from + 200) }
  for (const { file, ...info } of manifest.frames) {
    const pixels = await opened(`frames/${file}`, whole)
    const deflated = deflateSync(pixels)
    const pays = deflated.length < 0.9 * pixels.length
    yield {
      kind: 'frame',
      info,
      encoding: pays ? 'deflate' : 'raw',
      pixels: pays ? deflated : pixels,
    }
  }
  // what nothing speaks of (the model card) is still held against its hash
  const spoken = new Set([
    'metrics.f32',
    'validations.json',
    'events.json',
    ...manifest.frames.map(({ file }) => `frames/${file}`),
    ...manifest.checkpoints.map(({ file }) => `checkpoints/${file}`),
  ])
  for (const { name } of manifest.files)
    if (!spoken.has(name))
      for await (const piece of hashed(zip, name, hashes.get(name)!)) void piece
}

/**
 * Writes the usable checkpoints into the folder. Throws `bad-input` when there are some in the file
 * and none is usable.
 */
async function takeCheckpoints(
  zip: OpenZip,
  manifest: RunManifest,
  hashes: ReadonlyMap<string, string>,
  target: Target,
  { checkpoints, damaged }: FoundCheckpoints,
): Promise<void> {
  const seen = new Map<string, { sha256: string; bytes: number } | DamagedCheckpoint>()
  for (const row of manifest.checkpoints) {
    let kept = seen.get(row.file)
    if (!kept) {
      kept = await takeCheckpoint(
        zip,
        row,
        hashes.get(`checkpoints/${row.file}`)!,
        manifest,
        target,
      )
      seen.set(row.file, kept)
      if ('why' in kept) damaged.push(kept)
    }
    if (!('why' in kept)) checkpoints.push({ ...row, ...kept, usable: true })
  }
  if (damaged.length === 0 || checkpoints.length > 0) return
  const all = damaged.map(({ step, why }) => `the checkpoint of step ${step} is damaged (${why})`)
  throw bad(
    `it has no usable checkpoint: ${all.slice(0, 4).join(', ')}${all.length > 4 ? ` and ${all.length - 4} more` : ''}`,
  )
}

/** What was kept of a checkpoint, or why it is left out; then no file of it stays. */
async function takeCheckpoint(
  zip: OpenZip,
  { file, step }: RunManifest['checkpoints'][number],
  sha256: string,
  manifest: RunManifest,
  target: Target,
): Promise<{ sha256: string; bytes: number } | DamagedCheckpoint> {
  const path = join(target.folder, file)
  try {
    await unpackTo(path, hashed(zip, `checkpoints/${file}`, sha256))
    return { sha256, bytes: checkCheckpoint(path, step, manifest, target) }
  } catch (error) {
    if (!(error instanceof DamagedError)) throw error
    rmSync(path, { force: true })
    return { step, why: error.message }
  }
}

// What the archive says of an entry whose bytes are not those that were packed is about this
// checkpoint alone.
async function unpackTo(path: string, pieces: AsyncGenerator<Uint8Array>): Promise<void> {
  try {
    await writeFile(path, pieces)
  } catch (error) {
    throw error instanceof StudioError ? new DamagedError(String(error.data['found'])) : error
  }
}

/** This one checkpoint cannot be used; the others may be whole. */
class DamagedError extends Error {}

/** The archive, telling how much of it has been unpacked. */
function counted(
  zip: OpenZip,
  onBytes: (done: number, total: number) => void = () => undefined,
): OpenZip {
  const total = zip.entries.reduce((sum, { bytes }) => sum + bytes, 0)
  let done = 0
  return {
    ...zip,
    async *pieces(name) {
      for await (const piece of zip.pieces(name)) {
        yield piece
        onBytes((done += piece.length), total)
      }
    },
  }
}

/** An entry's pieces; ends with an error when they do not have the sha256 of the manifest. */
async function* hashed(zip: OpenZip, name: string, sha256: string): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  for await (const piece of zip.pieces(name)) {
    hash.update(piece)
    yield piece
  }
  if (hash.digest('hex') !== sha256)
    throw bad(`${name} does not have the sha256 that manifest.json gives it`)
}

async function whole(pieces: AsyncGenerator<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece)
  return Buffer.concat(all)
}

async function writeFile(path: string, pieces: AsyncGenerator<Uint8Array>): Promise<void> {
  const file = openSync(path, 'wx')
  try {
    for await (const piece of pieces)
      for (let done = 0; done < piece.length;) done += writeSync(file, piece, done)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Blocks of steps as lanes: [column][step]. */
async function* metricPieces(
  pieces: AsyncGenerator<Uint8Array>,
  steps: number,
): AsyncGenerator<ImportPiece> {
  let waiting: Uint8Array[] = []
  let [held, first] = [0, 1]
  const blockBytes = () => Math.min(metricBlock, steps - first + 1) * 12
  for await (const piece of pieces) {
    waiting.push(piece)
    held += piece.length
    while (held > 0 && held >= blockBytes()) {
      const all = Buffer.concat(waiting)
      const [taken, rest] = [all.subarray(0, blockBytes()), all.subarray(blockBytes())]
      const count = taken.length / 12
      const values = new Float32Array(Uint8Array.from(taken).buffer)
      yield {
        kind: 'metrics',
        firstStep: first,
        lanes: [0, 1, 2].map((lane) => values.slice(lane * count, (lane + 1) * count)),
      }
      ;[first, waiting, held] = [first + count, [rest], rest.length]
    }
  }
}

/**
 * A checkpoint has to be one of this run, with all its weights and, unless only weights were
 * imported, all its slots. Returns its size. Throws DamagedError for what is broken, `bad-input`
 * for a checkpoint of something else.
 */
function checkCheckpoint(
  path: string,
  step: number,
  { run }: RunManifest,
  { config, dataset }: Target,
): number {
  const bytes = readFileSync(path)
  const { meta, state } = decoded(bytes)
  if (meta.progress?.step !== step)
    throw bad(`the checkpoint of step ${step} contains step ${String(meta.progress?.step)}`)
  if (JSON.stringify(meta.config) !== JSON.stringify(config))
    throw bad(`the checkpoint of step ${step} has different settings than the run`)
  if (meta.datasetHash !== run.datasetHash)
    throw bad(`the checkpoint of step ${step} was trained on different data than the run`)
  const parameters = parameterShapes(config, dataset)
  const weightsAlone = Object.keys(state.slots).length === 0 && run.startedAt === null
  const slots = weightsAlone ? new Map<string, number[]>() : slotShapes(config, parameters)
  const fault = faultIn(state.parameters, parameters) ?? faultIn(state.slots, slots)
  if (fault !== null) throw new DamagedError(fault)
  return bytes.length
}

// The reader's words are about going on from an earlier checkpoint.
function decoded(bytes: Uint8Array): ReturnType<typeof decodeCheckpoint> {
  try {
    return decodeCheckpoint(bytes)
  } catch (error) {
    if (!(error instanceof StudioError)) throw error
    throw new DamagedError(
      error.message
        .replace(/^The checkpoint file is damaged: /, '')
        .replace(/\.? (An|Use an) earlier checkpoint.*$/, ''),
    )
  }
}

function listOf<T>(
  bytes: Uint8Array,
  name: string,
  schema: { safeParse(value: unknown): { success: boolean; data?: T } },
): T {
  if (bytes.length > smallest * 16) throw bad(`${name} has ${bytes.length} bytes`)
  const text = textOf(bytes, name)
  let value: unknown
  try {
    value = fromJson(text)
  } catch {
    throw bad(`${name} is not JSON`)
  }
  const parsed = schema.safeParse(value)
  if (!parsed.success || repeatedKey(text) !== null)
    throw bad(`${name} is not a list of what it should hold`)
  return parsed.data!
}

function textOf(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw bad(`${name} is not UTF-8`)
  }
}

function bad(found: string): StudioError {
  return new StudioError(
    'bad-input',
    `The file cannot be imported: ${found}. Nothing was changed.`,
    { found },
  )
}
