// Is an installed runtime the one that was installed? `installed.json` holds the sha256 of every
// kept file. All are hashed (about 1 s for the CPU runtime) when a file's size, inode or time of
// change differs from the last good look, and at least once a week; between those a look costs 2
// ms. A byte flipped through the file system changes the time of change, which no program can set,
// so it is found at the next start; one that rots on the disk is found by the weekly look.
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { StudioError } from '../../preload/contract/errors.ts'
import { fileHash } from '../files/fileHash.ts'

const Hash = z.string().regex(/^[0-9a-f]{64}$/)

const Installed = z.object({
  format: z.literal(1),
  variant: z.enum(['cpu', 'cuda']),
  platform: z.string(),
  version: z.string(),
  packages: z.array(z.object({ file: z.string(), sha256: Hash, licence: z.string() })),
  files: z.record(z.string(), z.object({ bytes: z.int().nonnegative(), sha256: Hash })),
  licences: z.array(z.string()),
  compiler: z.string(),
})

/**
 * What `installed.json` says: names in `files` and `licences` are relative to the runtime's folder.
 */
export type Installed = z.infer<typeof Installed>

const Seen = z.object({
  installed: z.string(),
  hashedAt: z.number(),
  stamps: z.record(z.string(), z.string()),
})

const installedName = 'installed.json'
const seenName = 'verified.json'
const weekMs = 7 * 24 * 3600 * 1000

/**
 * Reads `installed.json`; null when the folder holds no finished install. Throws when it is there
 * and damaged.
 */
export function readInstalled(folder: string): Installed | null {
  let text: string
  try {
    text = fs.readFileSync(path.join(folder, installedName), 'utf8')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null
    throw error
  }
  try {
    return Installed.parse(JSON.parse(text))
  } catch {
    throw damaged(folder, installedName, 'it is not readable')
  }
}

export function writeInstalled(folder: string, installed: Installed): void {
  fs.writeFileSync(path.join(folder, installedName), JSON.stringify(installed, null, 1))
}

/** Identity of an install: changes with any file of it. */
export function installedHash(folder: string): string {
  return createHash('sha256')
    .update(fs.readFileSync(path.join(folder, installedName)))
    .digest('hex')
}

/**
 * Throws `runtime-failed`, naming the file, unless every file is as installed. `full` hashes in any
 * case. `notes`: a folder for the note of a good look where the runtime's own folder cannot be
 * written (an installed program's).
 */
export async function verifyRuntime(
  folder: string,
  settings: {
    full?: boolean
    notes?: string
    onBytes?: (done: number, total: number) => void
  } = {},
): Promise<Installed> {
  const installed = readInstalled(folder)
  if (installed === null)
    throw new StudioError(
      'runtime-failed',
      `Expected a native runtime in ${folder}, found none. Install it with: latent runtime install`,
      { reason: 'not-installed' },
    )
  const stamps = Object.fromEntries(
    Object.keys(installed.files).map((name) => [name, stampOf(folder, name)]),
  )
  const identity = installedHash(folder)
  const places = notePlaces(folder, identity, settings.notes)
  if (!settings.full && places.some((note) => seenBefore(note, identity, stamps))) return installed
  await hashAll(folder, installed, settings.onBytes)
  remember(places, { installed: identity, hashedAt: Date.now(), stamps })
  return installed
}

async function hashAll(
  folder: string,
  installed: Installed,
  onBytes?: (done: number, total: number) => void,
): Promise<void> {
  const total = Object.values(installed.files).reduce((sum, file) => sum + file.bytes, 0)
  let done = 0
  for (const [name, expected] of Object.entries(installed.files)) {
    const found = await fileHash(path.join(folder, name), (bytes) =>
      onBytes?.((done += bytes), total),
    )
    if (found !== expected.sha256)
      throw damaged(folder, name, 'its content has changed since it was installed')
  }
}

function stampOf(folder: string, name: string): string {
  try {
    const { size, mtimeNs, ctimeNs, ino } = fs.statSync(path.join(folder, name), { bigint: true })
    return `${size}:${mtimeNs}:${ctimeNs}:${ino}`
  } catch {
    throw damaged(folder, name, 'it is missing')
  }
}

function notePlaces(folder: string, identity: string, notes: string | undefined): string[] {
  const own = path.join(folder, seenName)
  return notes === undefined
    ? [own]
    : [own, path.join(notes, `runtime-${identity.slice(0, 24)}.json`)]
}

function seenBefore(note: string, identity: string, stamps: Record<string, string>): boolean {
  try {
    const seen = Seen.parse(JSON.parse(fs.readFileSync(note, 'utf8')))
    const same = Object.entries(stamps).every(([name, stamp]) => seen.stamps[name] === stamp)
    const age = Date.now() - seen.hashedAt
    return same && seen.installed === identity && age >= 0 && age < weekMs
  } catch {
    return false // no note, or a damaged one: hash
  }
}

/**
 * In the first place that can be written; a note that cannot be written anywhere only means hashing
 * again next time.
 */
function remember(places: string[], seen: z.infer<typeof Seen>): void {
  for (const file of places) {
    try {
      fs.mkdirSync(path.dirname(file), { recursive: true })
      fs.writeFileSync(`${file}.${process.pid}`, JSON.stringify(seen))
      return fs.renameSync(`${file}.${process.pid}`, file)
    } catch {
      fs.rmSync(`${file}.${process.pid}`, { force: true })
    }
  }
}

function damaged(folder: string, name: string, what: string): StudioError {
  return new StudioError(
    'runtime-failed',
    `Expected the native runtime as installed, but ${path.basename(name)} is not: ${what}. Install it again with: latent runtime install`,
    {
      reason: 'hash-mismatch',
      file: path.basename(name),
      folder,
    },
  )
}
