// The list of runs rebuilt from what lies in runs/: each checkpoint holds its run's whole settings, its step, its data and
// what it was trained with. Names, notes, metrics, evaluations and frames are only in the database: they are lost with it.
// A database that is there is kept aside under a dated name.
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { StudioError } from '../../preload/contract/errors.ts'
import { parameterShapes } from '../../preload/contract/parameters.ts'
import { checkpointReasons, type Checkpoint, type Run } from '../../preload/contract/records.ts'
import { datasetInfo } from '../datasets/index.ts'
import { decodeCheckpoint, decodeWeights } from '../engine/checkpoint.ts'
import { sha256 } from '../files/atomic.ts'
import { insertCheckpoint } from '../store/checkpoints.ts'
import { addEvent } from '../store/events.ts'
import { databaseFile, inTransaction, openStore, runFoldersWithCheckpoints, type Store } from '../store/open.ts'
import { insertRun, listRuns, nextColour } from '../store/runs.ts'
import { faultIn } from './modelWeights.ts'

export interface Repaired {
  /** Where the database went that was there; null when there was none. */
  kept: string | null
  runs: { id: string; step: number; checkpoints: number }[]
  /** Checkpoint files that cannot be used, from the data folder; they stay where they are. */
  damaged: { file: string; why: string }[]
}

/** The caller owns the folder, and nothing has its database open. Throws StudioError `store-failed`. */
export function repair(dataFolder: string, now: Date = new Date()): Repaired {
  const kept = setAside(dataFolder, now)
  const store = openStore(dataFolder, { anew: true })
  try {
    const damaged: Repaired['damaged'] = []
    const runs = runFoldersWithCheckpoints(dataFolder)
      .map((id) => rebuiltRun(dataFolder, id, damaged))
      .filter((found) => found !== null)
      // the oldest first, so that the newest of them is the newest again
      .sort((a, b) => a.run.createdAt - b.run.createdAt)
    inTransaction(store, () => runs.forEach((found) => keep(store, found)))
    return {
      kept,
      runs: runs.map(({ run, checkpoints }) => ({
        id: run.id,
        step: run.step,
        checkpoints: checkpoints.filter(({ reason }) => reason !== 'frame').length,
      })),
      damaged,
    }
  } finally {
    store.close()
  }
}

/** Throws StudioError `wrong-state` for a database that can be read whole: there is nothing to repair. */
export function refuseSound(dataFolder: string): void {
  if ((statSync(databaseFile(dataFolder), { throwIfNoEntry: false })?.size ?? 0) === 0) return
  try {
    const store = openStore(dataFolder)
    try {
      if (store.database.pragma('integrity_check', { simple: true }) !== 'ok') return
      for (const deleted of [false, true]) listRuns(store, { deleted })
    } finally {
      store.close()
    }
  } catch (error) {
    if (error instanceof StudioError && error.code === 'newer-store') throw error
    return
  }
  throw new StudioError(
    'wrong-state',
    `Expected a missing or damaged database, found an intact one in ${dataFolder}. Nothing needs repair; \`latent metrics\` lists the damaged steps of a run.`,
  )
}

function setAside(dataFolder: string, now: Date): string | null {
  const file = databaseFile(dataFolder)
  if (!existsSync(file)) return null
  if (statSync(file).size === 0) {
    rmSync(file)
    return null
  }
  const stamp = now
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replaceAll(':', '-')
  let kept = `${file}.damaged-${stamp}`
  for (let number = 2; existsSync(kept); number++) kept = `${file}.damaged-${stamp}-${number}`
  // its log goes with it: alone it says nothing
  for (const ending of ['', '-wal', '-shm']) if (existsSync(file + ending)) renameSync(file + ending, kept + ending)
  return kept
}

interface Rebuilt {
  run: Run
  checkpoints: Checkpoint[]
}

function rebuiltRun(dataFolder: string, id: string, damaged: Repaired['damaged']): Rebuilt | null {
  const folder = join(dataFolder, 'runs', id)
  const found = readdirSync(folder).filter((name) => /^[^.].*\.safetensors$/.test(name))
  const whole = found
    .map((name) => {
      try {
        return readCheckpoint(folder, id, name)
      } catch (error) {
        damaged.push({ file: join('runs', id, name), why: (error as Error).message })
        return null
      }
    })
    .filter((one) => one !== null)
    .sort((a, b) => a.checkpoint.step - b.checkpoint.step)
  const last = whole.findLast(({ checkpoint }) => checkpoint.reason !== 'frame')
  if (!last) return null
  // weights of frames after the last checkpoint are computed again
  const { step } = last.checkpoint
  const checkpoints = whole.map(({ checkpoint }) => checkpoint).filter((each) => each.reason !== 'frame' || each.step <= step)
  return { run: runOf(id, whole[0]!, last), checkpoints }
}

function readCheckpoint(folder: string, run: string, file: string) {
  const path = join(folder, file)
  const bytes = readFileSync(path)
  const isFrame = /-frame-[0-9a-f]+\.safetensors$/.test(file)
  const { meta, weights } = isFrame ? frameIn(bytes) : checkpointIn(bytes)
  const dataset = datasetInfo(meta.config.dataset)
  const fault = faultIn(weights, parameterShapes(meta.config, dataset))
  if (fault !== null) throw new StudioError('damaged-checkpoint', fault)
  const ending = /-([a-z]+)\.safetensors$/.exec(file)?.[1]
  const at = Math.round(statSync(path).mtimeMs)
  const checkpoint: Checkpoint = {
    ...{ run, step: meta.progress.step, file, sha256: sha256(bytes), bytes: bytes.length, createdAt: at },
    ...{ backend: meta.backend, mode: meta.mode, validationTotal: null, usable: true },
    reason: isFrame ? 'frame' : (checkpointReasons.find((reason) => reason === ending) ?? 'interval'),
  }
  const parameters = Object.values(weights).reduce((sum, { values }) => sum + values.length, 0)
  const trained = meta.backendVersion !== 'imported weights'
  return { meta, checkpoint, parameters, images: dataset.images.train, trained }
}

function frameIn(bytes: Uint8Array) {
  const { meta, parameters } = decodeWeights(bytes)
  return { meta, weights: parameters }
}

function checkpointIn(bytes: Uint8Array) {
  const { meta, state } = decodeCheckpoint(bytes)
  return { meta, weights: state.parameters }
}

type Read = ReturnType<typeof readCheckpoint>

function runOf(id: string, first: Read, last: Read): Run {
  const { meta, parameters, images } = last
  const { step } = meta.progress
  const { batchSize, length, lengthUnit } = meta.config
  const stepsPerEpoch = Math.floor(images / batchSize)
  // weights that were imported have no optimizer state: there is nothing to go on with
  const totalSteps = !last.trained ? step : lengthUnit === 'epochs' ? length * stepsPerEpoch : length
  const done = step >= totalSteps
  return {
    ...{ id, name: `recovered ${id}`, model: meta.config.model, config: meta.config, preset: null, colour: 0 },
    status: done ? 'finished' : 'interrupted',
    statusReason: `Rebuilt from its checkpoints: its name, notes, metrics and frames were lost with the database.${done ? '' : ` It can resume from step ${step}.`}`,
    ...{ step, totalSteps, stepsPerEpoch, parameterCount: parameters },
    ...{
      createdAt: first.checkpoint.createdAt,
      startedAt: last.trained ? first.checkpoint.createdAt : null,
      endedAt: last.checkpoint.createdAt,
    },
    ...{ trainSeconds: 0, compileSeconds: 0, imagesPerSecond: 0, backend: meta.backend, mode: meta.mode, threads: meta.threads },
    ...{ backendVersion: meta.backendVersion ?? '', datasetHash: meta.datasetHash, last: null, lastValidation: null },
    ...{ bestValidation: null, notes: '', deletedAt: null },
  }
}

function keep(store: Store, { run, checkpoints }: Rebuilt): void {
  insertRun(store, { ...run, colour: nextColour(store) })
  for (const checkpoint of checkpoints) insertCheckpoint(store, checkpoint)
  addEvent(store, { run: run.id, at: Date.now(), step: run.step, kind: 'note', text: run.statusReason })
}
