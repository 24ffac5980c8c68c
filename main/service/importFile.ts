// Files that become runs: read and checked by a thread, stored in pieces between which everything
// else goes on, and published at once. An import that fails leaves nothing.
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { StudioError } from '../../preload/contract/errors.ts'
import { liveStatuses, type Run } from '../../preload/contract/records.ts'
import type { WeightLayout } from '../../preload/contract/imports.ts'
import type { DamagedCheckpoint, ImportedRun } from '../importers/pieces.ts'
import { importInThread, kindOf } from '../importers/importThread.ts'
import { fileReason } from '../files/reason.ts'
import { codeOf } from '../store/failure.ts'
import { beginImport, discardImport, publishImport, storePiece } from '../store/importedRuns.ts'
import { runFolder } from '../store/open.ts'
import { isRunId, newRunId, nextColour, readRun } from '../store/runs.ts'
import type { Context } from './context.ts'
import { isFree } from './control.ts'
import type { Task } from './task.ts'
import { getRun } from './library.ts'

export interface ImportInput {
  path: string
  name?: string | undefined
  weights?:
    | {
        config?: Record<string, unknown> | undefined
        preset: string | null
        layout?: WeightLayout | undefined
        step?: number | undefined
      }
    | undefined
}

/**
 * What can be known without reading the file. Throws `bad-input` for its path, another kind of
 * file, settings for a whole run.
 */
export async function checkImport({ path, weights }: ImportInput): Promise<void> {
  if (!isAbsolute(path) || path.includes('\0'))
    throw new StudioError(
      'bad-input',
      `${path}: expected an absolute path, found a relative one. Give the full path.`,
    )
  if ((await kindOf(path)) === 'run' && weights !== undefined)
    throw new StudioError(
      'bad-input',
      'Settings are for files of weights; a .latent file has its own settings. Leave the settings out.',
      { reason: 'settings' },
    )
}

/**
 * `fileName`: what people call it. Throws `bad-input` for what is wrong with the file,
 * `bad-config`, `not-found` for its data set, `store-failed`, `cancelled`.
 */
export async function importFile(
  context: Context,
  input: ImportInput,
  fileName: string,
  { progress, cancel }: Task,
): Promise<{ run: Run; damaged: DamagedCheckpoint[] }> {
  const begun: { id: string; marker: string }[] = []
  try {
    const question = { path: input.path, fileName, weights: { preset: null, ...input.weights } }
    const imported = await importInThread(
      question,
      {
        begin(wanted) {
          goingOn(context)
          const id = freeId(context, wanted)
          const { folder, marker } = beginImport(context.store, id)
          begun.push({ id, marker })
          return folder
        },
        store(piece) {
          goingOn(context)
          storePiece(context.store, begun[0]!.id, piece)
        },
        progress,
      },
      cancel,
    )
    goingOn(context)
    const { id, marker } = begun[0]!
    const run = runOf(context, id, imported, input)
    publishImport(
      context.store,
      run,
      imported.checkpoints.map((one) => ({ ...one, run: id })),
      imported,
    )
    await rm(marker, { force: true }).catch(() => undefined) // the next start removes it
    context.announcements.tell(id, 'run')
    return { run: getRun(context, id), damaged: imported.damaged }
  } catch (error) {
    // when the store is closing or cannot be written, the marker stays and the next owner clears up
    if (begun[0] && !readRun(context.store, begun[0].id)) discardImport(context.store, begun[0].id)
    throw inWords(error)
  }
}

function goingOn(context: Context): void {
  if (context.closing)
    throw new StudioError('cancelled', 'Latent Studio is closing; nothing was imported.')
}

/**
 * The id that the run has in its file, when it looks like one of ours and nobody has it here: no
 * run, no import under way, no checkpoints of a lost one.
 */
function freeId({ store }: Context, wanted: string | null): string {
  const isFree =
    wanted !== null &&
    isRunId(wanted) &&
    !readRun(store, wanted) &&
    !existsSync(runFolder(store, wanted))
  return isFree ? wanted : newRunId()
}

function runOf(
  context: Context,
  id: string,
  { record, config }: ImportedRun,
  input: ImportInput,
): Run {
  const status = liveStatuses.includes(record.status) ? 'interrupted' : record.status
  return {
    ...record,
    id,
    name: freeName(context, input.name ?? record.name),
    status,
    config,
    last: null,
    lastValidation: null,
    bestValidation: null,
    colour: nextColour(context.store),
    deletedAt: null,
  }
}

// A name that finds one run: "digits", "digits 2", ...
function freeName(context: Context, wanted: string): string {
  for (let number = 1; ; number += 1) {
    const ending = number === 1 ? '' : ` ${number}`
    const name = `${wanted.slice(0, 200 - ending.length)}${ending}`
    if (isFree(context, name)) return name
  }
}

function inWords(error: unknown): unknown {
  if (error instanceof StudioError || codeOf(error) === null) return error
  return new StudioError(
    'store-failed',
    `Expected to store the imported run, found ${fileReason(error)}. Free some space, then import it again.`,
  )
}
