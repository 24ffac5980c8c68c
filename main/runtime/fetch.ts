// One package from the user's index into the downloads folder, whole and with the right hash, or a
// clear error.
import fs from 'node:fs'
import path from 'node:path'
import { StudioError } from '../../preload/contract/errors.ts'
import { fileHash } from '../files/fileHash.ts'
import type { WheelEntry } from './runtimeManifest.ts'
import { fetchWheel, plainDownload, type FetchFailure } from './pip.ts'
import type { Python } from './python.ts'

interface FetchSettings {
  onBytes: (done: number) => void
  signal?: AbortSignal | undefined
  environment: NodeJS.ProcessEnv
  tries?: number
}

/** Leaves `wheel.file` in `downloads`, its sha256 checked against the manifest. */
export async function fetchChecked(
  python: Python,
  wheel: WheelEntry,
  downloads: string,
  settings: FetchSettings,
): Promise<void> {
  const whole = path.join(downloads, wheel.file)
  if (fs.existsSync(whole)) {
    if ((await fileHash(whole)) === wheel.sha256) return settings.onBytes(wheel.bytes)
    fs.rmSync(whole)
  }
  const part = `${whole}.part`
  const resumed = fs.existsSync(part)
  await fetchPart(python, wheel, part, settings)
  let found = await fileHash(part)
  if (found !== wheel.sha256 && resumed) {
    // A part left by an earlier try may be spoilt; from the beginning, once.
    fs.rmSync(part)
    await fetchPart(python, wheel, part, settings)
    found = await fileHash(part)
  }
  if (found !== wheel.sha256) {
    fs.rmSync(part)
    throw new StudioError(
      'runtime-failed',
      `Expected ${wheel.file} with sha256 ${wheel.sha256.slice(0, 16)}..., found ${found.slice(0, 16)}.... The download was deleted. Try again, or use another index.`,
      { reason: 'hash-mismatch', file: wheel.file },
    )
  }
  fs.renameSync(part, whole)
}

async function fetchPart(
  python: Python,
  wheel: WheelEntry,
  part: string,
  settings: FetchSettings,
): Promise<void> {
  let failure = await fetchWheel(python, wheel, part, settings)
  if (failure?.kind === 'pip') failure = await watchedDownload(python, wheel, part, settings)
  if (failure !== null) throw fetchError(failure, wheel)
}

/** `pip download` in a folder of its own; its progress is the growth of the files in there. */
async function watchedDownload(
  python: Python,
  wheel: WheelEntry,
  part: string,
  settings: FetchSettings,
): Promise<FetchFailure | null> {
  const folder = `${part}.pip`
  fs.rmSync(folder, { recursive: true, force: true })
  fs.mkdirSync(folder, { recursive: true })
  const watch = setInterval(() => settings.onBytes(Math.min(wheel.bytes, folderBytes(folder))), 300)
  try {
    const failure = await plainDownload(python, wheel, folder, settings)
    if (failure !== null) return failure
    const file = path.join(folder, wheel.file)
    if (!fs.existsSync(file))
      return { kind: 'missing', text: `pip downloaded ${fs.readdirSync(folder).join(', ')}` }
    fs.renameSync(file, part)
    return null
  } finally {
    clearInterval(watch)
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

function folderBytes(folder: string): number {
  const names = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return names.reduce((sum, name) => {
    const found = fs.statSync(path.join(folder, name), { throwIfNoEntry: false })
    return sum + (found?.isFile() ? found.size : 0)
  }, 0)
}

function fetchError(failure: FetchFailure, wheel: WheelEntry): StudioError {
  if (failure.kind === 'missing')
    return new StudioError(
      'runtime-failed',
      `Expected ${wheel.file} from the package index that pip uses, found none (${failure.text}). Check pip's index-url, or try again later.`,
      { reason: 'not-offered' },
    )
  if (failure.kind === 'disk')
    return new StudioError(
      'runtime-failed',
      `Expected to write ${wheel.file} to the cache folder, found: ${failure.text}. Free some space or choose another folder with LATENT_STUDIO_CACHE.`,
      { reason: 'disk' },
    )
  return new StudioError(
    'runtime-failed',
    `Expected to download ${wheel.file} with pip, found: ${failure.text}. Check the network and pip's settings, then try again; the download continues where it stopped.`,
    { reason: 'no-network' },
  )
}
