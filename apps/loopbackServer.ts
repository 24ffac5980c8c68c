// The loopback shell: owns the data folder, gives the pages to browsers, and prints the address.
// When another program owns the folder already, its address is printed instead, and that was all.
import { StudioError } from '../preload/contract/errors.ts'
import type { Fork } from '../main/host/protocol.ts'
import { defaultCacheFolder } from '../main/runtime/cache.ts'
import { defaultDataFolder } from '../main/service/folder.ts'
import { forkNode } from '../main/service/launch.ts'
import { browserUrl, createStudio, type Studio } from '../main/studio.ts'
import { builtPages } from '../main/transport/pages.ts'
import { onInterrupt } from './cli/interrupt.ts'
import { createTerminal, note, tellError } from './cli/terminal.ts'

export interface ServeOptions {
  dataFolder?: string | undefined
  cacheFolder?: string | undefined
  /** 0 or missing takes the port of the last time where it is free, else any. */
  port?: number | undefined
  /** Called with the address once it answers: to open a browser. */
  open?: ((url: string) => void) | undefined
  /** Where the line with the address goes; stdout when missing. */
  print?: ((line: string) => void) | undefined
  /** False: no training process is kept ready for the next run. */
  warm?: boolean | undefined
  /** How hosts are started; missing: the host program under this Node. */
  fork?: Fork | undefined
}

export interface Served {
  url: string
  /** Null when another program owns the folder. */
  studio: Studio | null
  /**
   * Resolves when the studio was closed, by a request to end or by `close`; at once when there is
   * none.
   */
  done: Promise<void>
  close(): Promise<void>
}

/**
 * Throws `port-in-use`, `newer-store`, `store-failed`, `owned-elsewhere` (an owner that does not
 * answer).
 */
export async function serve(options: ServeOptions = {}): Promise<Served> {
  const print = options.print ?? createTerminal(false).print
  const pages = builtPages()
  const dataFolder = options.dataFolder ?? defaultDataFolder()
  const cacheFolder = options.cacheFolder ?? defaultCacheFolder()
  const { promise: done, resolve } = Promise.withResolvers<void>()
  let ending = false
  const close = async () => {
    ending = true
    await (await opened.catch(() => null))?.close()
    release()
    resolve()
  }
  // before the folder is taken and long before the address is told: whoever knows it may end us in
  // order
  const opened = createStudio({
    dataFolder,
    cacheFolder,
    fork: options.fork ?? forkNode(),
    shell: 'serve',
    warm: options.warm ?? true,
    port: options.port ?? 0,
    pages,
  })
  const release = onInterrupt(() => {
    close().catch((error: unknown) => {
      tellError(error instanceof Error ? error.message : String(error), '')
      process.exit(1)
    })
  })
  try {
    const studio = await opened
    if (!ending) {
      print(`Latent Studio: ${studio.url}`)
      if (typeof pages === 'string') note(pages)
      options.open?.(studio.url)
    }
    return { url: studio.url, studio, done, close }
  } catch (error) {
    release()
    const url = ownersUrl(error)
    if (url === undefined) throw error
    print(`Latent Studio is already running: ${url}`)
    options.open?.(url)
    return { url, studio: null, done: Promise.resolve(), close: () => Promise.resolve() }
  }
}

function ownersUrl(error: unknown): string | undefined {
  if (!(error instanceof StudioError) || error.code !== 'owned-elsewhere') return undefined
  const { port, token } = error.data
  return typeof port === 'number' && typeof token === 'string'
    ? browserUrl({ port, token })
    : undefined
}
