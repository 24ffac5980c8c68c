// Fetches, checks, unpacks and builds the native runtime, all in temporary places, and puts it in
// its place by one rename: a half-done runtime is never seen. Stopped downloads are gone on with;
// the room is checked first.
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { StudioError } from '../../preload/contract/errors.ts'
import { fileHash } from '../files/fileHash.ts'
import { defaultCacheFolder, downloadsFolder, runtimesFolder } from './cache.ts'
import {
  bindingFile,
  buildBinding,
  buildRecipe,
  findCompiler,
  muteFile,
  tfjsNodeVersion,
  type Compiler,
} from './compiler.ts'
import { takeLock } from './lock.ts'
import {
  downloadBytes,
  entryFor,
  type RuntimeEntry,
  type Variant,
  type WheelEntry,
} from './runtimeManifest.ts'
import { fetchChecked } from './fetch.ts'
import { findPython } from './python.ts'
import { requireRoom, type FreeBytes } from './diskSpace.ts'
import { readInstalled, verifyRuntime, writeInstalled, type Installed } from './verify.ts'
import { listMembers, unpackMember, type Member, type Unpacked } from './wheel.ts'

export type InstallStage = 'wait' | 'find' | 'download' | 'unpack' | 'build' | 'verify' | 'done'

/** `done` and `total` are bytes of the stage; both 0 where a stage has none (wait, find, build). */
export interface InstallProgress {
  stage: InstallStage
  done: number
  total: number
  text: string
}

export interface RuntimeInfo {
  variant: Variant
  folder: string
  version: string
  bytes: number
  licences: string[]
}

export interface InstallSettings {
  cacheFolder?: string
  variant?: Variant
  onProgress?: (progress: InstallProgress) => void
  signal?: AbortSignal | undefined
  entry?: RuntimeEntry // another manifest entry than this machine's
  environment?: NodeJS.ProcessEnv // for pip and the compiler
  freeBytes?: FreeBytes
  tries?: number // of a download that breaks off
}

/** Folder of one runtime: named by version and by all that it is made of. */
export function runtimeFolder(cacheFolder: string, entry: RuntimeEntry): string {
  const parts = JSON.stringify([
    entry.wheels.map((wheel) => wheel.sha256),
    tfjsNodeVersion(),
    buildRecipe,
  ])
  const hash = createHash('sha256').update(parts).digest('hex').slice(0, 12)
  return path.join(
    runtimesFolder(cacheFolder),
    `${entry.variant}-${entry.version}-${entry.platform}-${hash}`,
  )
}

/**
 * Installs the runtime unless it is there and sound. Throws `runtime-failed` with `data.reason` one
 * of no-recipe, no-pip, no-compiler, no-room, no-network, not-offered, disk, hash-mismatch,
 * damaged-package, build-failed; `cancelled` when the signal was used.
 */
export async function installRuntime(settings: InstallSettings = {}): Promise<RuntimeInfo> {
  const cacheFolder = settings.cacheFolder ?? defaultCacheFolder()
  const variant = settings.variant ?? 'cpu'
  const entry = settings.entry ?? recipeFor(variant)
  const report = settings.onProgress ?? (() => undefined)
  const folder = runtimeFolder(cacheFolder, entry)
  const giveBack = await takeLock(`${folder}.lock`, {
    signal: settings.signal,
    onWait: (pid) =>
      report({
        stage: 'wait',
        done: 0,
        total: 0,
        text: `waiting for another installation (process ${pid})`,
      }),
  })
  try {
    const there = await soundInstall(folder, report)
    const installed = there ?? (await installInto(folder, entry, cacheFolder, settings, report))
    const bytes = totalBytes(installed)
    report({
      stage: 'done',
      done: bytes,
      total: bytes,
      text: `TensorFlow ${installed.version} is ready`,
    })
    return { variant, folder, version: installed.version, bytes, licences: installed.licences }
  } finally {
    giveBack()
  }
}

export function totalBytes(installed: Installed): number {
  return Object.values(installed.files).reduce((sum, file) => sum + file.bytes, 0)
}

async function soundInstall(
  folder: string,
  report: (progress: InstallProgress) => void,
): Promise<Installed | null> {
  try {
    if (readInstalled(folder) === null) return null
    return await verifyRuntime(folder, {
      full: true,
      onBytes: (done, total) =>
        report({ stage: 'verify', done, total, text: 'checking the installed files' }),
    })
  } catch (error) {
    if (error instanceof StudioError) return null // damaged: made again
    throw error
  }
}

async function installInto(
  folder: string,
  entry: RuntimeEntry,
  cacheFolder: string,
  settings: InstallSettings,
  report: (progress: InstallProgress) => void,
): Promise<Installed> {
  const environment = settings.environment ?? process.env
  report({
    stage: 'find',
    done: 0,
    total: 0,
    text: 'looking for Python with pip and a C++ compiler',
  })
  const python = await findPython(environment, settings.signal)
  const compiler = await findCompiler(environment) // before the download: without it that would be for nothing
  const downloads = downloadsFolder(cacheFolder)
  fs.mkdirSync(downloads, { recursive: true })
  await requireRoom(entry, downloads, settings.freeBytes)
  const total = downloadBytes(entry)
  let before = 0
  for (const wheel of entry.wheels) {
    const onBytes = (done: number): void =>
      report({ stage: 'download', done: before + done, total, text: wheel.file })
    await fetchChecked(python, wheel, downloads, {
      onBytes,
      signal: settings.signal,
      environment,
      ...(settings.tries === undefined ? {} : { tries: settings.tries }),
    })
    before += wheel.bytes
  }
  const installed = await assemble(
    folder,
    entry,
    downloads,
    compiler,
    environment,
    report,
    settings.signal,
  )
  for (const wheel of entry.wheels) fs.rmSync(path.join(downloads, wheel.file), { force: true })
  return installed
}

/** Unpacks and builds in a folder beside the final one, then renames. */
async function assemble(
  folder: string,
  entry: RuntimeEntry,
  downloads: string,
  compiler: Compiler,
  environment: NodeJS.ProcessEnv,
  report: (progress: InstallProgress) => void,
  signal?: AbortSignal,
): Promise<Installed> {
  const draft = `${folder}.draft`
  fs.rmSync(draft, { recursive: true, force: true })
  try {
    const files = await unpackAll(entry, downloads, draft, report, signal)
    report({
      stage: 'build',
      done: 0,
      total: 0,
      text: `building the binding with ${compiler.version}`,
    })
    await buildBinding(entry, draft, compiler, environment, signal)
    fs.rmSync(path.join(draft, 'site', 'tensorflow', 'include'), { recursive: true, force: true })
    const kept = Object.fromEntries(
      Object.entries(files).filter(([name]) => fs.existsSync(path.join(draft, name))),
    )
    for (const built of [bindingFile, muteFile])
      kept[built] = await hashFile(path.join(draft, built))
    const installed: Installed = {
      ...{ format: 1, variant: entry.variant, platform: entry.platform, version: entry.version },
      packages: entry.wheels.map(({ file, sha256, licence }) => ({ file, sha256, licence })),
      files: kept,
      licences: Object.keys(kept).filter((name) => name.startsWith('licences/')),
      compiler: compiler.version,
    }
    writeInstalled(draft, installed)
    fs.rmSync(folder, { recursive: true, force: true })
    fs.renameSync(draft, folder)
    return installed
  } catch (error) {
    fs.rmSync(draft, { recursive: true, force: true })
    throw error
  }
}

async function unpackAll(
  entry: RuntimeEntry,
  downloads: string,
  draft: string,
  report: (progress: InstallProgress) => void,
  signal?: AbortSignal,
): Promise<Record<string, Unpacked>> {
  const chosen: { wheel: WheelEntry; member: Member; place: string }[] = []
  for (const wheel of entry.wheels) {
    for (const member of await listMembers(path.join(downloads, wheel.file))) {
      const place = placeOf(member.name, wheel, entry)
      if (place !== null) chosen.push({ wheel, member, place })
    }
  }
  const total = chosen.reduce((sum, { member }) => sum + member.bytes, 0)
  const files: Record<string, Unpacked> = {}
  let done = 0
  for (const { wheel, member, place } of chosen) {
    if (signal?.aborted)
      throw new StudioError('cancelled', 'The installation was stopped; downloaded files are kept.')
    const onBytes = (bytes: number): void =>
      report({ stage: 'unpack', done: (done += bytes), total, text: wheel.file })
    files[place] = await unpackMember(
      path.join(downloads, wheel.file),
      member,
      path.join(draft, place),
      onBytes,
    )
  }
  return files
}

/**
 * Where a member of a package goes, relative to the runtime's folder; null for what is not needed.
 */
function placeOf(name: string, wheel: WheelEntry, entry: RuntimeEntry): string | null {
  if (
    name.endsWith('/') ||
    path.posix.isAbsolute(name) ||
    name.split('/').includes('..') ||
    name.includes('\\')
  )
    return null
  if (/(^|\/)(LICEN[CS]E|NOTICE|License|THIRD_PARTY)[^/]*$/.test(name))
    return `licences/${wheel.project}/${name.replaceAll('/', '__')}`
  if (entry.libraries.includes(name)) return `site/${name}`
  const headers = [
    'tensorflow/c/',
    'tensorflow/core/platform/ctstring',
    'tsl/platform/ctstring',
    'xla/tsl/c/',
  ]
  if (headers.some((prefix) => name.startsWith(`tensorflow/include/${prefix}`)))
    return `site/${name}`
  // NVIDIA's libraries, and the compiler parts (ptxas, libdevice) that XLA calls; not their
  // headers.
  return name.startsWith('nvidia/') && !/\/include\/|\.(py|h|hpp|a)$/.test(name)
    ? `site/${name}`
    : null
}

async function hashFile(file: string): Promise<Unpacked> {
  return { bytes: fs.statSync(file).size, sha256: await fileHash(file) }
}

/**
 * What this machine's runtime is made of. Throws `runtime-failed` (no-recipe) where there is none.
 */
export function recipeFor(variant: Variant): RuntimeEntry {
  const entry = entryFor(variant)
  if (entry !== undefined) return entry
  throw new StudioError(
    'runtime-failed',
    `Expected a recipe for the ${variant} runtime on ${process.platform} ${process.arch}, found recipes for Linux x64 (cpu, cuda), Linux arm64 and macOS arm64 (cpu). Training uses WebAssembly here.`,
    { reason: 'no-recipe' },
  )
}
