// One .latent file, from question to bytes on the disk: opens the store for reading, makes the
// model card, writes.
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { StudioError } from '../../preload/contract/errors.ts'
import type { Progress } from '../../preload/contract/records.ts'
import { fileReason } from '../files/reason.ts'
import { openReadOnly } from '../store/open.ts'
import { modelCard } from './card.ts'
import { loadModel, type ExportSource } from './exportedModel.ts'
import { writeRunFile, type RunFileFigures } from './writeRunFile.ts'

export interface RunFileQuestion {
  dataFolder: string
  run: string
  /** Only what lies before its last checkpoint is taken. */
  live: boolean
  /** Where the model card's numbers come from: a checkpoint, if there is one. */
  source: ExportSource | null
  program: string
  /** A new file to write; null only counts the bytes. */
  path: string | null
}

/**
 * `main` is the file's name, for errors; the card inside has a name of its own, so that a preview
 * has the same size. The file is complete and on the disk when this returns.
 */
export async function runFileOf(
  question: RunFileQuestion,
  main: string,
  progress: (now: Progress) => void = () => undefined,
): Promise<RunFileFigures & { bytes: number }> {
  const { dataFolder, run, live, source, program, path } = question
  const card = await cardOf(source, 'run.latent')
  const store = openReadOnly(dataFolder)
  try {
    const file = path === null ? null : openSync(path, 'wx')
    try {
      let bytes = 0
      const onBytes = (stage: 'checking' | 'writing', done: number, total: number) =>
        progress({
          stage: stage === 'checking' ? 'Checking the checkpoints' : `Writing ${main}`,
          done,
          total,
          unit: 'bytes',
        })
      const sink = (piece: Uint8Array) => {
        if (file !== null) writeFully(file, piece)
        bytes += piece.length
      }
      const figures = writeRunFile(store, { run, live, program, card, onBytes }, sink)
      if (file !== null) fsyncSync(file)
      return { ...figures, bytes }
    } finally {
      if (file !== null) closeSync(file)
    }
  } catch (error) {
    if (error instanceof StudioError) throw error
    throw new StudioError(
      'bad-input',
      `Expected to write ${main}, found ${fileReason(error)}. Choose another place, or free some space.`,
    )
  } finally {
    store.close()
  }
}

// A run without a whole checkpoint is exported too, without a card.
async function cardOf(source: ExportSource | null, main: string): Promise<string | null> {
  if (!source) return null
  try {
    return modelCard(await loadModel(source, 'model'), 'latent', main)
  } catch (error) {
    if (error instanceof StudioError && error.code === 'damaged-checkpoint') return null
    throw error
  }
}

function writeFully(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done, bytes.length - done)
}
