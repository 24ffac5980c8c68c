// About the program and the machine: versions, room, the ladder of backends, the native runtime.
import { existsSync, readFileSync } from 'node:fs'
import { readdir, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { JobResult } from '../../preload/contract/jobs.ts'
import type { LadderReport, SystemStatus } from '../../preload/contract/records.ts'
import { installRuntime, recipeFor } from '../runtime/install.ts'
import { runtimeStatus } from '../runtime/status.ts'
import type { Context } from './context.ts'
import type { Task } from './task.ts'
import { getRuns } from './library.ts'

/** The program's version, from the package.json above the sources or the built files. */
export const version: string = readVersion(import.meta.dirname)

export async function systemStatus(context: Context): Promise<SystemStatus> {
  const { dataFolder } = context.store
  const [storeBytes, disk, runs, warm] = await Promise.all([
    folderBytes(dataFolder),
    statfs(dataFolder),
    getRuns(context, false),
    context.warm.status(),
  ])
  return {
    version,
    node: process.versions.node,
    dataFolder,
    storeBytes,
    freeBytes: disk.bavail * disk.bsize,
    runs: runs.length,
    shell: context.shell,
    warm,
  }
}

/**
 * Files of the data folder, everything included. A file that goes while it is counted counts
 * nothing.
 */
async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      stat(join(entry.parentPath, entry.name)).then(
        ({ size }) => size,
        () => 0,
      ),
    )
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

export async function backends(
  context: Context,
  force: boolean,
  signal: AbortSignal | undefined,
): Promise<LadderReport> {
  return (await context.viewer.ask(
    { kind: 'ladder', force },
    { signal, limit: context.limits.job },
  )) as LadderReport
}

export async function runtimes(context: Context) {
  const found = await runtimeStatus(context.cacheFolder)
  return found.map(({ variant, installed, folder, bytes, version, problem }) => ({
    variant,
    installed,
    folder,
    bytes,
    version,
    ...(problem === undefined ? {} : { problem }),
  }))
}

/** Throws `runtime-failed` when there is no such runtime for this machine. */
export const checkRecipe = (variant: 'cpu' | 'cuda'): void => void recipeFor(variant)

/** Installs a native runtime. What was fetched is kept when it is cancelled. */
export async function installNative(
  context: Context,
  variant: 'cpu' | 'cuda',
  { progress, cancel }: Task,
): Promise<JobResult> {
  const { version, bytes } = await installRuntime({
    cacheFolder: context.cacheFolder,
    variant,
    signal: cancel,
    onProgress: ({ text, done, total }) =>
      progress({ stage: text, done, total, unit: total > 0 ? 'bytes' : '' }),
  })
  // a viewer that runs already has chosen its rung without it
  context.viewer.restart()
  context.warm.reconsider()
  return { kind: 'runtime', version, bytes }
}

function readVersion(folder: string): string {
  const file = join(folder, 'package.json')
  if (existsSync(file))
    return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
  const above = dirname(folder)
  return above === folder ? 'unknown' : readVersion(above)
}
