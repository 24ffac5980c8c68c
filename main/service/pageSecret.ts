// What a data folder keeps so that open pages come back after a restart: a secret from which their
// keys are derived (transport/pageReturn.ts), and the port of the last time. Read and written by
// the folder's owner alone (0600).
import { randomBytes } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { writeAtomic } from '../files/atomic.ts'

/** Milliseconds after which a start makes a new secret. */
const secretLife = 30 * 24 * 3600_000

const file = z.object({
  secret: z.string().regex(/^[\w-]{43}$/),
  madeAt: z.number(),
  /** Where the folder was then: a copy of it makes a secret of its own. */
  place: z.string(),
  port: z.int().min(1).max(65535).nullable(),
})
export type PageSecret = z.infer<typeof file>

export const pageSecretPath = (dataFolder: string) => join(dataFolder, 'pages.json')

/**
 * The folder's, or a new one where there is none, it is old, others could read it, or the folder
 * was copied.
 */
export async function readPageSecret(dataFolder: string, now = Date.now()): Promise<PageSecret> {
  const place = await placeOf(dataFolder)
  const found = await readKept(dataFolder)
  const age = found ? now - found.madeAt : Infinity
  if (found && found.place === place && age >= 0 && age < secretLife) return found
  const port = found?.place === place ? found.port : null
  return { secret: randomBytes(32).toString('base64url'), madeAt: now, place, port }
}

/** Where it cannot be kept, pages are let in until this process ends. */
export async function keepPageSecret(dataFolder: string, kept: PageSecret): Promise<void> {
  const text = Buffer.from(`${JSON.stringify(kept, null, 2)}\n`)
  await writeAtomic(pageSecretPath(dataFolder), text, { mode: 0o600 }).catch(() => undefined)
}

async function readKept(dataFolder: string): Promise<PageSecret | null> {
  try {
    const path = pageSecretPath(dataFolder)
    const { mode } = await stat(path)
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) return null
    return file.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    return null
  }
}

async function placeOf(dataFolder: string): Promise<string> {
  const { ino } = await stat(dataFolder, { bigint: true })
  return `${hostname()} ${ino}`
}
