// The composition, without Electron: one data folder claimed, its store opened and put in order,
// the service behind the contract, and the ways to reach it: in memory, over a port, over the
// loopback server that every owner runs.
import { MessageChannel } from 'node:worker_threads'
import { connectPort, type Client } from '../preload/contract/client.ts'
import { configFrom } from '../preload/contract/config.ts'
import { StudioError } from '../preload/contract/errors.ts'
import type { SystemStatus } from '../preload/contract/records.ts'
import type { Fork } from './host/protocol.ts'
import { Announcements } from './service/announcements.ts'
import { defaultLimits, type Context, type Limits } from './service/context.ts'
import { stopAll } from './service/control.ts'
import type { DesktopShell } from './service/desktopProcedures.ts'
import { removeOrphanDownloads } from './service/downloads.ts'
import { JobBoard } from './service/jobBoard.ts'
import { clearLeft, interruptAll } from './service/runningJobs.ts'
import { claimFolder, type Claim } from './service/owner.ts'
import { keepPageSecret, readPageSecret } from './service/pageSecret.ts'
import { createRouter } from './service/router.ts'
import { version } from './service/system.ts'
import { removeIncoming } from './service/uploads.ts'
import { Viewer } from './service/viewerProcess.ts'
import { WarmHost } from './service/warmHost.ts'
import { fillChecksumsLater } from './store/checksums.ts'
import { openStore } from './store/open.ts'
import { openReader } from './store/reader.ts'
import { recover, type Recovery } from './store/recover.ts'
import { newestConfig } from './store/runs.ts'
import { openView } from './store/view.ts'
import { createHandler, serve, type Handler } from './transport/carrier.ts'
import { builtPages, type Pages } from './transport/pages.ts'
import { portCarrier, type Port } from './transport/port.ts'
import { listen, type SocketServer } from './transport/socket.ts'

export interface StudioOptions {
  dataFolder: string
  /** Runtimes and tuned modes, shared by all data folders. */
  cacheFolder: string
  fork: Fork
  shell: SystemStatus['shell']
  /**
   * Dialogs and events of the app's window, for the pages that `attach` serves; missing without a
   * window.
   */
  desktop?: DesktopShell
  /**
   * Of the loopback server; 0 or missing takes the one of the last time where it is free, else any.
   */
  port?: number
  /** What the loopback server gives to browsers; missing: what the build left in out/renderer. */
  pages?: Pages
  limits?: Partial<Limits>
  /** Keep a trainer process ready for the next run while somebody is there. */
  warm?: boolean
  /** Fixed steps a chunk, for tests of exactness. */
  chunkSteps?: number | null
  /** Milliseconds to wait for the address of another owner. */
  waitForOwner?: number
}

export interface Studio {
  readonly dataFolder: string
  /** What the last owner left undone. */
  readonly recovery: Recovery
  readonly port: number
  readonly token: string
  /** The address to open in a browser. */
  readonly url: string
  /** Programs and pages connected over the loopback address. */
  readonly clients: number
  /** Serves the contract over a MessagePort of the browser's kind, of Node, or of Electron. */
  attach(port: Port): void
  /**
   * A client in this process. It takes the same way as every other one: nothing is called directly.
   */
  connect(): Client
  /**
   * Stops runs with a checkpoint and interrupts jobs (5 s at most), then closes everything and
   * gives the folder back.
   */
  close(): Promise<void>
}

/** The address of a loopback server for browsers. */
export function browserUrl({ port, token }: { port: number; token: string }): string {
  return `http://127.0.0.1:${port}/?token=${token}`
}

/** The address of a loopback server for connectSocket. */
export function socketUrl({ port, token }: { port: number; token: string }): string {
  return `ws://127.0.0.1:${port}/rpc?token=${token}`
}

/**
 * Claims the folder and starts everything. Throws `owned-elsewhere` (data: port, token, pid of the
 * owner, to connect to with connectSocket(socketUrl(...))), `newer-store`, `store-failed`,
 * `port-in-use`.
 */
export async function createStudio(options: StudioOptions): Promise<Studio> {
  const claim = await claimFolder(
    options.dataFolder,
    { shell: options.shell, version },
    options.waitForOwner,
  )
  if (claim.kind === 'elsewhere') {
    const { port, token, pid } = claim
    throw new StudioError(
      'owned-elsewhere',
      `Expected to own ${options.dataFolder}, found it owned by process ${pid}. Connect to it, or choose another folder with --data.`,
      { port, token, pid },
    )
  }
  try {
    return await open(options, claim)
  } catch (error) {
    await claim.release()
    throw error
  }
}

/**
 * A studio on a folder that this user may only read: nobody else connects to it, and everything
 * that writes is refused.
 */
export function viewStudio(
  options: Pick<StudioOptions, 'dataFolder' | 'cacheFolder' | 'fork' | 'shell'>,
): Pick<Studio, 'dataFolder' | 'connect' | 'close'> {
  const store = openView(options.dataFolder)
  const context = createContext(options, store)
  const handler = createHandler(createRouter(context, null))
  const channels = new Set<{ close(): void }>()
  return {
    dataFolder: options.dataFolder,
    connect: () => connectHere(channels, (port) => void serve(handler, portCarrier(port))),
    async close() {
      context.viewer.close()
      for (const channel of channels) channel.close()
      await context.reader.close()
      store.close()
    },
  }
}

async function open(
  options: StudioOptions,
  claim: Extract<Claim, { kind: 'owner' }>,
): Promise<Studio> {
  const store = openStore(options.dataFolder)
  try {
    const recovery = recover(store)
    await Promise.all([clearLeft(store), removeOrphanDownloads(store), removeIncoming(store)])
    const context = createContext(options, store)
    // a browser at the loopback address must not open dialogs on this screen
    const somebody = () => context.warm.touch()
    const handler = createHandler(createRouter(context, null), undefined, somebody)
    const windowHandler = options.desktop
      ? createHandler(createRouter(context, options.desktop), undefined, somebody)
      : handler
    const pageSecret = await readPageSecret(options.dataFolder)
    const server = await listen({
      handler,
      port: options.port ?? 0,
      lastPort: pageSecret.port,
      pageSecret: pageSecret.secret,
      pages: options.pages ?? builtPages(),
      patience: context.limits.reading,
    })
    await keepPageSecret(options.dataFolder, { ...pageSecret, port: server.port })
    await claim.publish({ port: server.port, token: server.token })
    fillChecksumsLater(store)
    return asStudio(context, windowHandler, server, claim, recovery)
  } catch (error) {
    store.close()
    throw error
  }
}

function createContext(options: StudioOptions, store: ReturnType<typeof openStore>): Context {
  const { cacheFolder, fork, shell } = options
  const context: Context = {
    store,
    reader: openReader(store),
    fork,
    cacheFolder,
    shell,
    limits: { ...defaultLimits, ...options.limits },
    announcements: new Announcements(),
    viewer: new Viewer({ fork, cacheFolder }),
    warm: new WarmHost({
      fork,
      cacheFolder,
      enabled: options.warm === true && !store.readOnly,
      expected: () => newestConfig(store) ?? configFrom('tutorial'),
      busy: () => context.trainers.size > 0,
    }),
    trainers: new Map(),
    jobs: new JobBoard(),
    uploads: new Map(),
    launching: new Set(),
    chunkSteps: options.chunkSteps ?? null,
    closing: false,
  }
  return context
}

function asStudio(
  context: Context,
  handler: Handler,
  server: SocketServer,
  claim: Extract<Claim, { kind: 'owner' }>,
  recovery: Recovery,
): Studio {
  const channels = new Set<{ close(): void }>()
  const attach = (port: Port) => void serve(handler, portCarrier(port))
  let closed: Promise<void> | undefined
  return {
    dataFolder: context.store.dataFolder,
    recovery,
    port: server.port,
    token: server.token,
    url: browserUrl(server),
    get clients() {
      return server.clients
    },
    attach,
    connect: () => connectHere(channels, attach),
    close: () => (closed ??= close(context, server, claim, channels)),
  }
}

function connectHere(channels: Set<{ close(): void }>, attach: (port: Port) => void): Client {
  const { port1, port2 } = new MessageChannel()
  channels.add(port1)
  attach(port1 as unknown as Port)
  return connectPort(port2 as unknown as Parameters<typeof connectPort>[0])
}

async function close(
  context: Context,
  server: SocketServer,
  claim: Extract<Claim, { kind: 'owner' }>,
  channels: Set<{ close(): void }>,
): Promise<void> {
  // first: a run that ends would start a process for the next one
  context.warm.close()
  await Promise.all([stopAll(context), interruptAll(context)])
  context.viewer.close()
  // the last updates leave before the lines close
  await new Promise((resolve) => setTimeout(resolve, 20))
  for (const channel of channels) channel.close()
  await server.close()
  await context.reader.close()
  context.store.close()
  await claim.release()
}
