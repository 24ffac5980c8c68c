// The list of runs rebuilt from what lies in runs/: each checkpoint holds its run's whole settings,
// its step, its data and what it was trained with. Names, notes, metrics, evaluations and frames
// are only in the database: they are lost with it. A database that is there is kept under a dated
// name, and so is each file that gets no row in the new list: the next start removes checkpoint
// files without a row.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { StudioError } from '../../preload/contract/errors.ts'
import { parameterShapes } from '../../preload/contract/parameters.ts'
import { checkpointReasons, type Checkpoint, type Run } from '../../preload/contract/records.ts'
import { datasetInfo } from '../datasets/index.ts'
import { decodeCheckpoint, decodeWeights } from '../engine/checkpoint.ts'
import { diskLayer, sha256, writeAtomic, type FileLayer } from '../files/atomic.ts'
import { insertCheckpoint } from '../store/checkpointRows.ts'
import { addEvent } from '../store/events.ts'
import { isDamage, storeFailure } from '../store/failure.ts'
import {
  databaseFile,
  inTransaction,
  openInMemory,
  openStore,
  runFoldersWithCheckpoints,
  type Store,
} from '../store/open.ts'
import { insertRun, listRuns, nextColour, untrained } from '../store/runs.ts'
import { faultIn } from './checkWeights.ts'

export interface Repaired {
  /** Where the database went that was there; null when there was none. */
  kept: string | null
  runs: { id: string; step: number; checkpoints: number }[]
  unused: Unused[]
}

/** A file in runs/ that the new list does not use, by its paths from the data folder. */
export interface Unused {
  file: string
  /** Its new name in the folder of a run that was rebuilt, else the old one. */
  now: string
  why: string
}

/**
 * Builds the new list and puts it in place of the old one. After an error everything has its old
 * name. The caller owns the folder, and nothing has its database open. Throws StudioError
 * `store-failed`.
 */
export async function repair(
  dataFolder: string,
  { now = new Date(), layer = diskLayer }: { now?: Date; layer?: FileLayer } = {},
): Promise<Repaired> {
  const found = runFoldersWithCheckpoints(dataFolder).map((id) => readRunFolder(dataFolder, id))
  const runs = found
    .filter((each): each is Rebuilt => each.run !== null)
    // the oldest first, so that the newest of them is the newest again
    .sort((a, b) => a.run.createdAt - b.run.createdAt)
  const file = databaseFile(dataFolder)
  const { kept, moves } = databaseMoves(file, now)
  // others who may read or write the old one may do so with the new one
  const mode = statSync(file, { throwIfNoEntry: false })?.mode
  const files = runs.flatMap((each) => each.moves)
  try {
    await writeAtomic(file, newDatabase(dataFolder, runs), {
      ...(mode === undefined ? {} : { mode: mode & 0o777 }),
      layer: {
        ...layer,
        rename: (from, to) => renameAll([...files, ...moves, { from, to }], layer),
      },
    })
  } catch (error) {
    throw storeFailure(error, dataFolder)
  }
  return {
    kept,
    runs: runs.map(({ run, checkpoints }) => ({
      id: run.id,
      step: run.step,
      checkpoints: checkpoints.filter(({ reason }) => reason !== 'frame').length,
    })),
    unused: found.flatMap((each) => each.unused),
  }
}

/**
 * Throws StudioError `wrong-state` for a database that can be read whole: there is nothing to
 * repair. Whatever else than damage keeps it from being read is thrown too: it would be moved away
 * although nothing is wrong with it.
 */
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
    if (isDamage(error)) return
    throw storeFailure(error, dataFolder)
  }
  throw new StudioError(
    'wrong-state',
    `Expected a missing or damaged database, found an intact one in ${dataFolder}. Nothing needs repair; \`latent metrics\` lists the damaged steps of a run.`,
  )
}

interface Move {
  from: string
  to: string
}

/** Renames all of them, or none when one fails. */
async function renameAll(moves: readonly Move[], layer: Pick<FileLayer, 'rename'>): Promise<void> {
  const done: Move[] = []
  try {
    for (const move of moves) {
      await layer.rename(move.from, move.to)
      done.unshift(move)
    }
  } catch (error) {
    for (const { from, to } of done) await layer.rename(to, from).catch(() => undefined)
    throw error
  }
}

// An empty database holds nothing to keep: the new one replaces it.
function databaseMoves(file: string, now: Date): { kept: string | null; moves: Move[] } {
  const stamp = now
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replaceAll(':', '-')
  const kept = freeName(`${file}.damaged-${stamp}`)
  const holds = (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0
  // SQLite would apply the log of the old database to the new one
  const endings = [...(holds ? [''] : []), '-wal', '-shm', '-journal'].filter((ending) =>
    existsSync(file + ending),
  )
  return {
    kept: holds ? kept : null,
    moves: endings.map((ending) => ({ from: file + ending, to: kept + ending })),
  }
}

function freeName(path: string): string {
  let free = path
  for (let number = 2; existsSync(free); number++) free = `${path}-${number}`
  return free
}

interface RunFolder {
  unused: Unused[]
  /** Renames that keep its files from recovery. */
  moves: Move[]
  checkpoints: Checkpoint[]
  run: Run | null
}
type Rebuilt = RunFolder & { run: Run }

/**
 * A file that got no row, from an earlier repair: an update of the program may be able to read it.
 */
const unusedEnding = /\.unused(-\d+)?$/

function readRunFolder(dataFolder: string, id: string): RunFolder {
  const folder = join(dataFolder, 'runs', id)
  const names = readdirSync(folder).filter((name) =>
    /^[^.].*\.safetensors$/.test(name.replace(unusedEnding, '')),
  )
  const { whole, failed } = sortedOut(folder, id, names)
  // frames have no optimizer state, so a run goes on from a checkpoint only
  const last = whole.findLast(({ checkpoint }) => checkpoint.reason !== 'frame')
  if (!last) {
    const why = 'No checkpoint of its run can be read, so the run was not rebuilt.'
    const files = [...failed, ...whole.map(({ name }) => ({ name, why }))]
    return {
      unused: files.map(({ name, why }) => unusedFile(id, name, name, why)),
      moves: [],
      checkpoints: [],
      run: null,
    }
  }
  const moves = whole
    .filter(({ name, checkpoint }) => name !== checkpoint.file)
    .map(({ name, checkpoint }) => ({
      from: join(folder, name),
      to: join(folder, checkpoint.file),
    }))
  const unused = failed.map(({ name, why }) => {
    const now = unusedEnding.test(name) ? name : basename(freeName(join(folder, `${name}.unused`)))
    if (now !== name) moves.unshift({ from: join(folder, name), to: join(folder, now) })
    return unusedFile(id, name, now, why)
  })
  return {
    unused,
    moves,
    checkpoints: whole.map(({ checkpoint }) => checkpoint),
    run: runOf(id, whole, last),
  }
}

function unusedFile(run: string, name: string, now: string, why: string): Unused {
  return { file: join('runs', run, name), now: join('runs', run, now), why }
}

/** What can be read, first step first, and what cannot, with the reason. */
function sortedOut(folder: string, id: string, names: readonly string[]) {
  const failed: { name: string; why: string }[] = []
  const whole = new Map<string, Read>()
  // names without an ending come first, and of two files with one row the first gets it
  for (const name of names.toSorted(
    (a, b) => Number(unusedEnding.test(a)) - Number(unusedEnding.test(b)),
  )) {
    try {
      const read = readCheckpoint(folder, id, name)
      const row = `${read.checkpoint.step} ${read.checkpoint.reason}`
      const other = whole.get(row)
      if (other) throw new Error(`${other.name} has the same step and reason.`)
      if (name !== read.checkpoint.file && names.includes(read.checkpoint.file))
        throw new Error(`Another file is called ${read.checkpoint.file}.`)
      whole.set(row, read)
    } catch (error) {
      failed.push({ name, why: (error as Error).message })
    }
  }
  return {
    failed,
    whole: [...whole.values()].sort((a, b) => a.checkpoint.step - b.checkpoint.step),
  }
}

function readCheckpoint(folder: string, run: string, name: string) {
  const path = join(folder, name)
  const file = name.replace(unusedEnding, '')
  const bytes = readFileSync(path)
  const isFrame = /-frame-[0-9a-f]+\.safetensors$/.test(file)
  const { meta, weights } = isFrame ? frameIn(bytes) : checkpointIn(bytes)
  const dataset = datasetInfo(meta.config.dataset)
  const fault = faultIn(weights, parameterShapes(meta.config, dataset))
  if (fault !== null) throw new StudioError('damaged-checkpoint', fault)
  const ending = /-([a-z]+)\.safetensors$/.exec(file)?.[1]
  const at = Math.round(statSync(path).mtimeMs)
  const checkpoint: Checkpoint = {
    ...{
      run,
      step: meta.progress.step,
      file,
      sha256: sha256(bytes),
      bytes: bytes.length,
      createdAt: at,
    },
    ...{ backend: meta.backend, mode: meta.mode, validationTotal: null, usable: true },
    reason: isFrame
      ? 'frame'
      : (checkpointReasons.find((reason) => reason === ending) ?? 'interval'),
  }
  const parameters = Object.values(weights).reduce((sum, { values }) => sum + values.length, 0)
  const trained = meta.backendVersion !== 'imported weights'
  return { name, meta, checkpoint, parameters, images: dataset.images.train, trained }
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

function runOf(id: string, whole: readonly Read[], last: Read): Run {
  const { meta, parameters, images } = last
  const [first, newest] = [whole[0]!, whole.at(-1)!]
  const { step } = meta.progress
  const { batchSize, length, lengthUnit } = meta.config
  const stepsPerEpoch = Math.floor(images / batchSize)
  // weights that were imported have no optimizer state: there is nothing to go on with
  const totalSteps = !last.trained
    ? step
    : lengthUnit === 'epochs'
      ? length * stepsPerEpoch
      : length
  const done = step >= totalSteps
  return {
    ...untrained,
    ...{
      id,
      name: `recovered ${id}`,
      model: meta.config.model,
      config: meta.config,
      preset: null,
      colour: 0,
    },
    status: done ? 'finished' : 'interrupted',
    statusReason: `Rebuilt from its checkpoints: its name, notes, metrics and frames were lost with the database.${done ? '' : ` It can resume from step ${step}.`}`,
    // as after a kill: weights of frames after the last checkpoint show steps that a resume
    // computes again
    ...{ step: newest.checkpoint.step, totalSteps, stepsPerEpoch, parameterCount: parameters },
    ...{
      createdAt: first.checkpoint.createdAt,
      startedAt: last.trained ? first.checkpoint.createdAt : null,
      endedAt: newest.checkpoint.createdAt,
    },
    ...{ backend: meta.backend, mode: meta.mode, threads: meta.threads },
    ...{ backendVersion: meta.backendVersion ?? '', datasetHash: meta.datasetHash },
  }
}

function newDatabase(dataFolder: string, runs: readonly Rebuilt[]): Uint8Array {
  const store = openInMemory(dataFolder)
  try {
    inTransaction(store, () => runs.forEach((each) => insertRebuilt(store, each)))
    return store.database.serialize()
  } finally {
    store.close()
  }
}

function insertRebuilt(store: Store, { run, checkpoints, unused }: Rebuilt): void {
  insertRun(store, { ...run, colour: nextColour(store) })
  for (const checkpoint of checkpoints) insertCheckpoint(store, checkpoint)
  const event = { run: run.id, at: Date.now(), step: run.step }
  addEvent(store, { ...event, kind: 'note', text: run.statusReason })
  for (const { file, now, why } of unused)
    addEvent(store, {
      ...event,
      kind: 'checkpoint-damaged',
      text: `${basename(file)} cannot be used and is kept as ${basename(now)}: ${why}`,
    })
}
