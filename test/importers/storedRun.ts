// A store with one run of everything: metrics over several blocks, validations, events, frames, two
// checkpoints that hold together with the run's settings. And its archive, whole or changed, for
// whoever reads it.
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unzipSync } from 'fflate'
import { encodeCheckpoint, decodeCheckpoint } from '../../main/engine/checkpoint.ts'
import { writeRunFile } from '../../main/exporters/writeRunFile.ts'
import { zipWriter } from '../../main/files/zip.ts'
import { addCheckpoint } from '../../main/store/checkpointRows.ts'
import { addEvent } from '../../main/store/events.ts'
import { addFrame } from '../../main/store/frameRows.ts'
import { appendMetrics } from '../../main/store/metrics.ts'
import { runFolder, type Store } from '../../main/store/open.ts'
import { insertRun, updateRun } from '../../main/store/runs.ts'
import { addValidation } from '../../main/store/validations.ts'
import type { Run } from '../../preload/contract/records.ts'
import { cases, checkpointBytes, type Case } from '../exporters/exported.ts'
import { sampleRun, seriesFrom } from '../store/sample-run.ts'

/** Small: thousands of archives are made of it. */
export const storedCase: Case = {
  ...cases['dense']!,
  config: { ...cases['dense']!.config, encoderLayers: [4], decoderLayers: [4] },
}
export const runId = 'abcdefghij'
export const lastStep = 2500

/** The checkpoint of a step, with that step in its progress. */
export function checkpointAt(step: number): Uint8Array {
  const { meta, state } = decodeCheckpoint(checkpointBytes(storedCase))
  return encodeCheckpoint(
    { ...meta, progress: { ...meta.progress, step }, datasetHash: 'ab'.repeat(32) },
    state,
  )
}

/** `noise`: so many more frames that do not pack, each a megabyte and a quarter. */
export function storeRun(store: Store, changes: Partial<Run> = {}, noise = 0): Run {
  const run = sampleRun({
    id: runId,
    name: 'digits <b>bold</b>',
    config: storedCase.config,
    status: 'stopped',
    startedAt: 1,
    endedAt: 2,
    ...changes,
  })
  insertRun(store, run)
  mkdirSync(runFolder(store, run.id), { recursive: true })
  appendMetrics(store, run.id, 1, seriesFrom(1, lastStep))
  for (const step of [1000, 2000, 2400])
    addValidation(store, run.id, {
      step,
      reconstruction: 100 - step / 100,
      kl: step === 2400 ? NaN : 3,
      total: step === 2400 ? NaN : 103 - step / 100,
      klPerDimension: [2, 1],
    })
  for (const step of [0, 2500])
    addFrame(store, run.id, {
      step,
      grid: 2,
      tileWidth: 4,
      tileHeight: 3,
      reconstructions: 1,
      pixels: Uint8Array.from({ length: 72 }, (_, i) => (i * 7 + step) & 255),
    })
  // packs better than a reader may allow: the archive has to store it as it is
  addFrame(store, run.id, {
    step: 1,
    grid: 12,
    tileWidth: 28,
    tileHeight: 28,
    reconstructions: 0,
    pixels: new Uint8Array(144 * 784),
  })
  for (let frame = 0; frame < noise; frame += 1)
    addFrame(store, run.id, {
      ...{ step: 100 + frame, grid: 40, tileWidth: 28, tileHeight: 28, reconstructions: 0 },
      pixels: randomBytes(1600 * 784),
    })
  addEvent(store, {
    run: run.id,
    at: 5,
    step: 0,
    kind: 'created',
    text: 'Made <script>alert(1)</script>.',
  })
  for (const [step, reason] of [
    [2000, 'best'],
    [2000, 'interval'],
    [2500, 'stop'],
  ] as const) {
    const bytes = checkpointAt(step)
    const file = `step-${step}-${reason === 'interval' ? 'best' : reason}.safetensors`
    writeFileSync(join(runFolder(store, run.id), file), bytes)
    addCheckpoint(store, {
      run: run.id,
      step,
      reason,
      file,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      bytes: bytes.length,
      createdAt: step,
      backend: 'js',
      mode: 'eager',
      validationTotal: reason === 'best' ? 83 : null,
      usable: true,
    })
  }
  return updateRun(store, run.id, {})
}

export function archiveOf(store: Store, live = false): Buffer {
  const pieces: Uint8Array[] = []
  writeRunFile(
    store,
    { run: runId, live, program: 'Latent Studio 0.0.1', card: '# card' },
    (piece) => pieces.push(Uint8Array.from(piece)),
  )
  return Buffer.concat(pieces)
}

export type Entries = Record<string, Uint8Array>

/**
 * The archive with its entries changed; unless told otherwise the manifest lists what is then
 * there.
 */
export function rewritten(
  archive: Uint8Array,
  change: (entries: Entries, manifest: ManifestText) => void,
  relist = true,
): Buffer {
  const entries: Entries = unzipSync(archive)
  const manifest = JSON.parse(Buffer.from(entries['manifest.json']!).toString()) as ManifestText
  delete entries['manifest.json']
  change(entries, manifest)
  if (relist)
    manifest.files = Object.entries(entries).map(([name, bytes]) => ({
      name,
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    }))
  entries['manifest.json'] ??= Buffer.from(JSON.stringify(manifest))
  const pieces: Uint8Array[] = []
  const zip = zipWriter((piece) => pieces.push(Uint8Array.from(piece)))
  for (const [name, bytes] of Object.entries(entries)) zip.add(name, bytes)
  zip.end()
  return Buffer.concat(pieces)
}

export interface ManifestText {
  format: unknown
  version: unknown
  run: Record<string, unknown>
  metrics: Record<string, unknown>
  checkpoints: Record<string, unknown>[]
  frames: Record<string, unknown>[]
  files: { name: string; bytes: number; sha256: string }[]
}
