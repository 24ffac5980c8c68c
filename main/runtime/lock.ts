// One installer at a time: a lock file with the owner's pid, touched while it is held. A second
// installer waits for the first; a lock whose owner is gone, or that nobody touched for two
// minutes, is taken over.
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { StudioError } from '../../preload/contract/errors.ts'

const Owner = z.object({ pid: z.int().positive() })
const touchEvery = 10_000 // ms
const staleAfter = 120_000 // ms; a pid can be given to another program, a beating heart cannot

/**
 * Takes `file` as a lock, waiting while another living process holds it; returns the function that
 * gives it back.
 */
export async function takeLock(
  file: string,
  settings: { onWait?: (pid: number) => void; signal?: AbortSignal | undefined } = {},
): Promise<() => void> {
  fs.mkdirSync(path.dirname(file), { recursive: true })
  for (;;) {
    if (settings.signal?.aborted)
      throw new StudioError(
        'cancelled',
        'The installation was stopped while it waited for another one.',
      )
    if (create(file)) return hold(file)
    const owner = holder(file)
    if (owner !== null) {
      settings.onWait?.(owner)
      await wait(300)
    } else takeOver(file)
  }
}

function hold(file: string): () => void {
  const heart = setInterval(() => {
    const now = new Date()
    fs.utimes(file, now, now, () => undefined)
  }, touchEvery)
  heart.unref()
  return () => {
    clearInterval(heart)
    fs.rmSync(file, { force: true })
  }
}

/**
 * The lock appears whole or not at all: written beside, then linked, which fails when the name is
 * taken.
 */
function create(file: string): boolean {
  const draft = `${file}.${process.pid}.${process.hrtime.bigint()}`
  fs.writeFileSync(draft, JSON.stringify({ pid: process.pid }))
  try {
    fs.linkSync(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  } finally {
    fs.rmSync(draft, { force: true })
  }
}

/** Of several that see a stale lock, exactly one renames it away. */
function takeOver(file: string): void {
  const away = `${file}.stale.${process.pid}.${process.hrtime.bigint()}`
  try {
    fs.renameSync(file, away)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return
  }
  // Between our look and the rename a new owner may have come: then the lock is put back.
  if (holder(away) !== null) fs.linkSync(away, file)
  fs.rmSync(away, { force: true })
}

/** The living owner's pid, or null for a lock that is stale, damaged or gone. */
function holder(file: string): number | null {
  try {
    const { pid } = Owner.parse(JSON.parse(fs.readFileSync(file, 'utf8')))
    return alive(pid) && Date.now() - fs.statSync(file).mtimeMs < staleAfter ? pid : null
  } catch {
    return null
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
