// What an export keeps for a page on another machine, or without the system's dialogs: one file in
// a folder named by its job, which goes with the job. What people call things is never a path here.
import { mkdir, open, readdir, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { StudioError } from '../../preload/contract/errors.ts'
import {
  downloadName,
  exportEndings,
  loneFormats,
  type ExportReport,
} from '../../preload/contract/exports.ts'
import { namePart } from '../../preload/contract/fileName.ts'
import type { Job } from '../../preload/contract/jobs.ts'
import { maxAnswerBytes } from '../../preload/contract/latent.ts'
import { destinationOf } from '../exporters/destination.ts'
import { fileReason } from '../files/reason.ts'
import { isJobId, readJob } from '../store/jobRows.ts'
import type { Store } from '../store/open.ts'
import { readRun } from '../store/runs.ts'
import type { Context } from './context.ts'
import { keepBuilt, namedAsDownload } from './exports.ts'
import type { ExportInput } from './exportSource.ts'
import type { Task } from './task.ts'
import { runFile } from './runFiles.ts'

const folderOf = (store: Store, job: string) => join(store.dataFolder, 'downloads', job)
const fileOf = (store: Store, job: string) => join(folderOf(store, job), 'content')

/** Throws as writeExport; then nothing is left. */
export async function keepForDownload(
  context: Context,
  input: ExportInput,
  runName: string,
  task: Task,
): Promise<ExportReport> {
  const [folder, path] = [folderOf(context.store, task.id), fileOf(context.store, task.id)]
  // a model is kept as a folder is, with its card and the scripts that load it; a page and a run
  // hold their card themselves
  const ending = loneFormats.includes(input.format) ? (exportEndings[input.format] ?? '') : ''
  const destination = destinationOf(`/${fileName(runName)}${ending}`, input.format)
  try {
    await mkdir(folder, { recursive: true })
    const report =
      input.format === 'latent'
        ? (await runFile(context, input, destination, path, task)).report
        : await keepBuilt(context, input, destination, path, task)
    task.cancel.throwIfAborted()
    return namedAsDownload(context, report)
  } catch (error) {
    await removeDownload(context.store, task.id).catch(() => undefined)
    if (error instanceof StudioError) throw error
    throw new StudioError(
      'store-failed',
      `Expected to store the export in ${folder}, found ${fileReason(error)}. Free some space, then export again.`,
    )
  }
}

/**
 * A piece of what a job kept. Throws `not-found` for a job without a file, `bad-input` for an
 * offset past its end.
 */
export async function readDownload(
  context: Context,
  job: Job,
  offset: number,
): Promise<{ name: string; bytes: number; piece: Uint8Array }> {
  const kept = job.result?.kind === 'export' && job.result.path === null ? job.result.report : null
  if (!kept)
    throw new StudioError(
      'not-found',
      `Expected a job with a file to download, found "${job.title}", ${job.status}.`,
      {
        job: job.id,
      },
    )
  const file = await open(fileOf(context.store, job.id), 'r').catch((error: unknown) => {
    throw new StudioError(
      'not-found',
      `Expected the file of "${job.title}", found ${fileReason(error)}. Export it again.`,
      {
        job: job.id,
      },
    )
  })
  try {
    const bytes = (await file.stat()).size
    if (offset > bytes)
      throw new StudioError(
        'bad-input',
        `Expected an offset of at most ${bytes}, found ${offset}.`,
        { bytes },
      )
    const piece = new Uint8Array(Math.min(maxAnswerBytes, bytes - offset))
    for (let done = 0; done < piece.length;) {
      const { bytesRead } = await file.read(piece, done, piece.length - done, offset + done)
      if (bytesRead === 0)
        throw new StudioError(
          'not-found',
          `The file of "${job.title}" is incomplete. Export it again.`,
        )
      done += bytesRead
    }
    return { name: nameOf(context, kept), bytes, piece }
  } finally {
    await file.close()
  }
}

/** What a job kept goes with it; nothing else does, whatever lies beside it. */
export async function removeDownload(store: Store, job: string): Promise<void> {
  await rm(fileOf(store, job), { force: true })
  await rmdir(folderOf(store, job)).catch(() => undefined)
}

/**
 * Removes what belongs to no job that ended well, as far as it can be removed; only a new owner
 * may.
 */
export async function removeOrphanDownloads(store: Store): Promise<void> {
  // the data folder may be one that holds a folder of that name already
  const ids = (await readdir(join(store.dataFolder, 'downloads')).catch((): string[] => [])).filter(
    isJobId,
  )
  for (const id of ids)
    if (readJob(store, id)?.status !== 'done')
      await removeDownload(store, id).catch(() => undefined)
}

// One file is called what the report calls it; a zip of several as the preview said.
function nameOf(context: Context, { run, step, part, format, files }: ExportReport): string {
  if (loneFormats.includes(format) && files.length === 1) return files[0]!.name
  return downloadName(readRun(context.store, run)?.name ?? run, step, part, format)
}

/**
 * A run's name as a file's, for any system. Without dots: what follows one would be taken for the
 * file's ending.
 */
function fileName(name: string): string {
  const clean = [...namePart(name.replaceAll('.', ' '))].slice(0, 80).join('').replace(/-$/, '')
  return clean === '' ? 'model' : clean
}
