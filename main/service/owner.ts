// One owner for each data folder. Ownership is SQLite's exclusive lock on owner.lock, held for the
// process's life: the operating system drops it when the process ends, however it ends, so a stale
// owner cannot exist and two claimants cannot both win. owner.json (0600) only tells others how to
// reach the owner. (Trap: on POSIX a process that opens and closes owner.lock by other means loses
// its lock; nothing of ours opens it.)
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { StudioError } from '../../preload/contract/errors.ts'
import { answering } from '../files/answering.ts'
import { writeAtomic } from '../files/atomic.ts'
import { requireWritable } from '../store/storeAccess.ts'
import { makeDataFolder } from '../store/dataFolder.ts'
import { storeFailure } from '../store/failure.ts'
import { holdLock, requireLocks } from '../store/open.ts'
import { processStart } from './process.ts'

const ownerFile = z.object({
  pid: z.int().min(1),
  /** When the process began, as its system says it; null where it does not. */
  processStart: z.string().nullable(),
  shell: z.enum(['electron', 'serve', 'cli']),
  version: z.string(),
  port: z.int().min(1).max(65535),
  token: z.string().min(16),
})
export type Owner = z.infer<typeof ownerFile>

/** What a claimant is, for those who find the folder owned. */
export type Claimant = Pick<Owner, 'shell' | 'version'>

export type Claim =
  | {
      kind: 'owner'
      /** Tells others where to connect; again when the port changes. */
      publish(address: { port: number; token: string }): Promise<void>
      /** Removes owner.json, then gives the lock back. */
      release(): Promise<void>
    }
  | { kind: 'elsewhere'; port: number; token: string; pid: number }

/**
 * Claims a data folder (created where missing), or finds its owner: then waits up to `waitMs` for
 * the owner's address. Throws StudioError `owned-elsewhere` when the owner tells none in time,
 * `store-failed` when the folder cannot be used.
 */
export async function claimFolder(
  dataFolder: string,
  info: Claimant,
  waitMs = 10_000,
): Promise<Claim> {
  await answering(dataFolder, { make: true })
  const until = Date.now() + waitMs
  try {
    requireWritable(dataFolder)
  } catch (error) {
    const owner = await readOwner(dataFolder)
    if (owner) return elsewhere(owner)
    throw error
  }
  for (let first = true; ; first = false) {
    const lock = tryLock(dataFolder)
    if (lock) {
      // What a killed owner left behind leads nowhere; where it cannot be removed, readers see that
      // its process is gone.
      await rm(ownerPath(dataFolder), { force: true }).catch(() => undefined)
      return asOwner(dataFolder, info, lock)
    }
    const owner = await readOwner(dataFolder)
    if (owner) return elsewhere(owner)
    if (first) requireLocks(dataFolder)
    if (Date.now() >= until)
      throw new StudioError(
        'owned-elsewhere',
        `Expected ${dataFolder} to be free or its owner to respond, found another program that holds it and does not respond. Close that program, or choose another folder with --data.`,
        { dataFolder },
      )
    await sleep(50)
  }
}

const elsewhere = ({ port, token, pid }: Owner): Claim => ({ kind: 'elsewhere', port, token, pid })

/**
 * The living owner that has told its address, or null. It may end at any moment: a refused
 * connection means: claim again.
 */
export async function readOwner(dataFolder: string): Promise<Owner | null> {
  try {
    const owner = ownerFile.parse(JSON.parse(await readFile(ownerPath(dataFolder), 'utf8')))
    return (await isAlive(owner)) ? owner : null
  } catch {
    // Missing, or left by another version: the lock alone decides who owns.
    return null
  }
}

const ownerPath = (dataFolder: string) => join(dataFolder, 'owner.json')

function tryLock(dataFolder: string): { release(): void } | null {
  try {
    makeDataFolder(dataFolder)
  } catch (error) {
    throw storeFailure(error, dataFolder)
  }
  return holdLock(join(dataFolder, 'owner.lock'))
}

function asOwner(dataFolder: string, info: Claimant, lock: { release(): void }): Claim {
  let held = true
  return {
    kind: 'owner',
    async publish({ port, token }) {
      if (!held) throw new Error('The folder was given back; claim it again before publishing.')
      const owner: Owner = {
        pid: process.pid,
        processStart: await processStart(process.pid),
        shell: info.shell,
        version: info.version,
        port,
        token,
      }
      await writeAtomic(ownerPath(dataFolder), Buffer.from(`${JSON.stringify(owner, null, 2)}\n`), {
        mode: 0o600,
      }).catch((error: unknown) => {
        throw storeFailure(error, dataFolder)
      })
    },
    async release() {
      if (!held) return
      held = false
      await rm(ownerPath(dataFolder), { force: true }).catch(() => undefined)
      lock.release()
    },
  }
}

async function isAlive(owner: Owner): Promise<boolean> {
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  // Numbers are used again: the same pid with another start is another process.
  const start = owner.processStart === null ? null : await processStart(owner.pid)
  return start === null || start === owner.processStart
}
