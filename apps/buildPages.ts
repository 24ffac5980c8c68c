// Builds out/ (renderer, preload, main) with electron-vite when it is missing or older than a
// source it is made of.
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { StudioError } from '../preload/contract/errors.ts'
import { runNode, type Finished } from './testing/runNode.ts'

const root = resolve(import.meta.dirname, '..')
const pageSources = [
  'renderer',
  'preload',
  'electron.vite.config.ts',
  'svelte.config.js',
  'package-lock.json',
]
const product = join(root, 'out/renderer/files.json')

/** Newest change under `path`, in milliseconds since 1970; 0 where there is nothing. */
function newestChange(path: string): number {
  if (!existsSync(path)) return 0
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  return readdirSync(path).reduce(
    (newest, name) => Math.max(newest, newestChange(join(path, name))),
    stat.mtimeMs,
  )
}

/**
 * Whether the built pages lack or are older than a source; `withMain` also looks at the main
 * process's sources.
 */
export function buildIsStale(withMain = false): boolean {
  if (!existsSync(product)) return true
  const built = statSync(product).mtimeMs
  return [...pageSources, ...(withMain ? ['main'] : [])].some(
    (path) => newestChange(join(root, path)) > built,
  )
}

/**
 * Builds what a checkout lacks, saying so; an installed program brings its pages along. Throws
 * `internal` with the build's words.
 */
export async function buildWhereNeeded(
  note: (line: string) => void,
  withMain = false,
): Promise<void> {
  // where this file is built itself, `root` is another folder
  if (!import.meta.filename.endsWith('.ts') || !buildIsStale(withMain)) return
  note('building the pages...')
  const done = await build()
  if (done.code !== 0)
    throw new StudioError('internal', `The pages could not be built:\n${done.output}`)
  note(`built the pages in ${done.seconds.toFixed(1)} s`)
}

/** Builds everything, whether stale or not. The output comes back for whoever wants to show it. */
export function build(): Promise<Finished> {
  return runNode('node_modules/electron-vite/bin/electron-vite.js', ['build', '--logLevel', 'warn'])
}
