// A command's way to the studio: over a WebSocket to the program that owns the data folder, or,
// when nobody does, as its owner for as long as the command lasts. Either way the command is a
// client of the contract and of nothing else.
import { defaultCacheFolder } from '../../main/runtime/cache.ts'
import { neverProxyLoopback } from '../../main/runtime/environment.ts'
import { forkNode } from '../../main/service/launch.ts'
import type { Studio } from '../../main/studio.ts'
import type { Client } from '../../preload/contract/client.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import type { Call } from './command.ts'
import { dataFolderGiven, existingFolderGiven } from './folder.ts'
import { onInterrupt } from './interrupt.ts'
import { count } from './numbers.ts'
import { OutputLost } from './streams.ts'
import type { Terminal } from './terminal.ts'

export interface Session {
  client: Client
  dataFolder: string
  /** Whether this process owns the folder. */
  owner: boolean
  /** Whether the folder can only be looked at. */
  readOnly?: boolean
  /** For a browser. */
  url: string
  /** Other programs and pages that are connected to this owner; none where it is not. */
  others(): number
  close(): Promise<void>
}

/**
 * How often the work is done when the owner goes away under it (a command that owned the folder has
 * finished).
 */
const tries = 3
/** Milliseconds that an owner with nothing left to do stays for others that are connected. */
const grace = 300

/**
 * Opens a session, does the work, closes it. `once` marks work that must not be repeated when the
 * owner goes away. Throws what opening a studio and the work throw.
 */
export async function withSession(
  call: Call,
  work: (session: Session) => Promise<void>,
  options: { once?: boolean } = {},
): Promise<void> {
  for (let left = options.once ? 1 : tries; ; left--) {
    const end = await oneSession(call, work)
    if (end === 'done') return
    if (left <= 1) throw end.error
  }
}

/** Opens, works, closes. Returns the error of work whose owner went away under it. */
async function oneSession(
  call: Call,
  work: (session: Session) => Promise<void>,
): Promise<'done' | { error: unknown }> {
  const outputLost = Promise.withResolvers<OutputLost>()
  // before the folder is taken: an owner gives it back however early it is asked to end
  const opened = sessionOf(call)
  let leaving: Promise<never> | undefined
  const leave = () =>
    (leaving ??= opened.then(
      (session) => session.close().then(() => process.exit(130)),
      () => process.exit(130),
    ))
  const release = onInterrupt((request) => {
    if (request === 'output') outputLost.resolve(new OutputLost())
    else void leave()
  })
  try {
    const session = await opened
    try {
      const lost = await Promise.race([work(session), outputLost.promise])
      if (session.owner) await othersDone(session, call.terminal, leave)
      if (leaving) await leaving
      if (lost) throw lost
      return 'done'
    } catch (error) {
      if (leaving) await leaving
      const gone =
        !session.owner && error instanceof StudioError && error.data['disconnected'] === true
      if (gone) return { error }
      throw error
    } finally {
      await session.close()
    }
  } finally {
    release()
  }
}

// What only looks at a folder may look at one that this user cannot write; everything else says why
// it cannot.
async function sessionOf({ command, flags, terminal }: Call): Promise<Session> {
  const folder = await (command.makesFolder ? dataFolderGiven : existingFolderGiven)(flags)
  try {
    return await openSession(folder)
  } catch (error) {
    const { isReadOnly } = await import('../../main/store/storeAccess.ts')
    if (!isReadOnly(error) || command.makesFolder) throw error
    const session = await asViewer(folder)
    terminal.note(
      `${folder} is read-only for this user: showing its current contents; nothing can be changed.`,
    )
    return session
  }
}

async function asViewer(folder: string): Promise<Session> {
  const { viewStudio } = await import('../../main/studio.ts')
  const studio = viewStudio({
    dataFolder: folder,
    cacheFolder: defaultCacheFolder(),
    fork: forkNode(),
    shell: 'cli',
  })
  const close = () => studio.close()
  return {
    client: studio.connect(),
    dataFolder: folder,
    owner: false,
    readOnly: true,
    url: '',
    others: () => 0,
    close,
  }
}

// The studio is loaded only when it is needed: help and a wrong flag answer without it. An owner
// that ends between telling its address and our first question (a command that has just finished)
// is no reason to fail: the folder is free then.
async function openSession(dataFolder: string): Promise<Session> {
  const { createStudio } = await import('../../main/studio.ts')
  for (let left = tries; ; left--) {
    try {
      return asOwner(
        await createStudio({
          dataFolder,
          cacheFolder: defaultCacheFolder(),
          fork: forkNode(),
          shell: 'cli',
        }),
      )
    } catch (error) {
      const address = addressIn(error)
      if (!address) throw error
      const session = await asClient(dataFolder, address)
      try {
        await session.client.system.status()
        return session
      } catch (unreached) {
        await session.close()
        if (
          left <= 1 ||
          !(unreached instanceof StudioError) ||
          unreached.data['disconnected'] !== true
        )
          throw unreached
      }
    }
  }
}

async function asClient(
  dataFolder: string,
  address: { port: number; token: string },
): Promise<Session> {
  const { browserUrl, socketUrl } = await import('../../main/studio.ts')
  const { connectSocket } = await import('../../preload/contract/connection.ts')
  neverProxyLoopback()
  const connection = connectSocket(socketUrl(address), {
    retry: [50, 100, 250, 500],
    patience: 3000,
  })
  return {
    client: connection.client,
    dataFolder,
    owner: false,
    url: browserUrl(address),
    others: () => 0,
    close: async () => connection.close(),
  }
}

function asOwner(studio: Studio): Session {
  const { dataFolder, url } = studio
  return {
    client: studio.connect(),
    dataFolder,
    owner: true,
    url,
    others: () => studio.clients,
    close: () => studio.close(),
  }
}

function addressIn(error: unknown): { port: number; token: string } | undefined {
  if (!(error instanceof StudioError) || error.code !== 'owned-elsewhere') return undefined
  const { port, token } = error.data
  return typeof port === 'number' && typeof token === 'string' ? { port, token } : undefined
}

// Runs and jobs that other programs started here live in this process: it stays until they have
// ended. One that has just connected is about to say what it wants. A phase of its own: the Ctrl-C
// that ended our own work does not count here.
async function othersDone(
  session: Session,
  terminal: Terminal,
  leave: () => Promise<never>,
): Promise<void> {
  const release = onInterrupt((request) => {
    if (request === 'output') return false // what others do does not depend on our reader
    terminal.note(
      'stopping the runs of other programs with a checkpoint (Ctrl-C again quits at once)',
    )
    void leave()
    return true
  })
  try {
    await waitForOthers(session, terminal)
  } finally {
    release()
  }
}

async function waitForOthers({ client, others }: Session, terminal: Terminal): Promise<void> {
  for (let rested = false; ;) {
    const waiting = [...(await liveRuns(client)), ...(await runningJobs(client))]
    if (waiting.length === 0 && (rested || others() === 0)) return terminal.settle()
    rested = waiting.length === 0
    if (!rested)
      terminal.progress(
        `waiting for runs and jobs of other programs: ${waiting.join(', ')} (Ctrl-C stops runs with a checkpoint)`,
      )
    await new Promise((resolve) => setTimeout(resolve, rested ? grace : 500))
  }
}

async function liveRuns(client: Client): Promise<string[]> {
  const runs = await client.runs.list({ deleted: false })
  const live = runs.filter((run) => run.status === 'running' || run.status === 'preparing')
  return live.map((run) => `"${run.name}" at step ${count(run.step)}/${count(run.totalSteps)}`)
}

async function runningJobs(client: Client): Promise<string[]> {
  return (await client.jobs.list())
    .filter((job) => job.status === 'running')
    .map((job) => job.title)
}
