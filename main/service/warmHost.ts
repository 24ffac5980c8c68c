// One trainer process that waits for the next run with its library loaded, its data read and, where
// nothing trains, the programs of the likely settings compiled. It is a trainer like any other: a
// run that it does not fit starts its own.
import { readFile } from 'node:fs/promises'
import type { RunConfig, Rung } from '../../preload/contract/runConfig.ts'
import type { Fork, FromHost, HostPort, WarmUp } from '../host/protocol.ts'
import { findRuntime } from '../runtime/status.ts'
import { installedHash } from '../runtime/verify.ts'

export interface WarmOptions {
  fork: Fork
  cacheFolder: string
  /** False: never start one. */
  enabled: boolean
  /** Settings that the next run will probably have. */
  expected(): RunConfig
  /** Whether a run is being trained: then nothing is compiled beside it. */
  busy(): boolean
  /** Bytes of memory that a process could still have. */
  available?: () => number
  /** Milliseconds. */
  times?: Partial<WarmTimes>
}

interface WarmTimes {
  /** From the first sign of somebody to the start: a page that opens comes first. */
  delay: number
  /** From a run that took the process to the next one. */
  again: number
  /** Without a sign of anybody until it is given back. */
  idle: number
  /** Between two looks at the memory. */
  watch: number
}

const usual: WarmTimes = { delay: 400, again: 15_000, idle: 15 * 60_000, watch: 15_000 }
/** Bytes that must be free to start one, about three of them, and to keep one. */
const roomToStart = 1.5 * 2 ** 30
const roomToKeep = 0.75 * 2 ** 30

interface Waiting {
  port: HostPort
  /** What it was told last, and the settings with which its library was loaded. */
  told: WarmUp
  /** What it has said: null while it still loads. */
  facts: Extract<FromHost, { kind: 'warmed' }> | null
  listener: (message: FromHost) => void
  /** The backend that it is loading: a run that takes it then has to know. */
  trying: FromHost | null
  /** The runtimes as they were when it began. */
  runtimes: string
}

/** What a run asks of its process. */
export interface Wanted {
  backend: 'auto' | Rung
  threads: number
}

export class WarmHost {
  private readonly options: WarmOptions
  private readonly times: WarmTimes
  private readonly available: () => number
  private waiting: Waiting | null = null
  private draft: RunConfig | null = null
  private timer: NodeJS.Timeout | undefined
  private watch: NodeJS.Timeout | undefined
  private seenAt = 0
  /** Runtimes with which it ended by itself: not tried again. */
  private failed = ''
  private closed = false

  constructor(options: WarmOptions) {
    this.options = options
    this.times = { ...usual, ...options.times }
    this.available = options.available ?? (() => process.availableMemory())
  }

  /** Somebody is there. */
  touch(): void {
    this.seenAt = Date.now()
    // further signs do not put the start off
    if (!this.waiting && this.timer === undefined) this.soon(this.times.delay)
  }

  /** Somebody is about to train with these settings. */
  foresee(config: RunConfig): void {
    this.draft = config
    this.seenAt = Date.now()
    this.soon(this.times.delay)
  }

  /** A run has ended, or what is installed has changed. */
  reconsider(): void {
    if (this.seenAt > 0) this.soon(this.times.delay)
  }

  /**
   * The waiting process for a run that it fits, which is then the run's own; null: the run starts
   * one.
   */
  take(wanted: Wanted): HostPort | null {
    const waiting = this.waiting
    if (!waiting || !fits(waiting, wanted)) return null
    if (waiting.runtimes !== runtimesOf(this.options.cacheFolder)) {
      this.discard()
      return null
    }
    this.forget()
    this.draft = null
    this.soon(this.times.again)
    const { port } = waiting
    return {
      get pid() {
        return port.pid
      },
      send: (message) => port.send(message),
      onMessage(listener) {
        waiting.listener = listener
        if (waiting.trying) listener(waiting.trying)
      },
      onExit: (listener) => port.onExit(listener),
      kill: () => port.kill(),
    }
  }

  /**
   * The process that waits, with its resident memory where the system tells; null when none does.
   */
  async status(): Promise<{ pid: number; bytes: number | null; ready: boolean } | null> {
    const waiting = this.waiting
    const pid = waiting?.port.pid
    return waiting && pid
      ? { pid, bytes: await residentBytes(pid), ready: waiting.facts !== null }
      : null
  }

  close(): void {
    this.closed = true
    clearTimeout(this.timer)
    this.discard()
  }

  private soon(milliseconds: number): void {
    if (!this.options.enabled || this.closed) return
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      this.timer = undefined
      this.prepare()
    }, milliseconds)
    this.timer.unref()
  }

  private prepare(): void {
    const { cacheFolder } = this.options
    const runtimes = runtimesOf(cacheFolder)
    const config = this.draft ?? this.options.expected()
    const told: WarmUp = { kind: 'warm', cacheFolder, config, compile: !this.options.busy() }
    // its library is loaded once, with its threads, and cannot be changed for another
    if (
      this.waiting &&
      (this.waiting.runtimes !== runtimes || !sameLibrary(this.waiting.told.config, config))
    )
      this.discard()
    if (this.waiting) {
      if (!told.compile || JSON.stringify(told) === JSON.stringify(this.waiting.told)) return
      this.waiting.told = told
      return this.waiting.port.send(told)
    }
    if (this.failed !== runtimes && this.available() >= roomToStart) this.start(told, runtimes)
  }

  private start(told: WarmUp, runtimes: string): void {
    const port = this.options.fork('trainer')
    const waiting: Waiting = {
      port,
      told,
      facts: null,
      trying: null,
      listener: (message) => this.hear(waiting, message),
      runtimes,
    }
    this.waiting = waiting
    port.onMessage((message) => waiting.listener(message))
    port.onExit(() => {
      if (this.waiting !== waiting) return
      this.failed = runtimes
      this.forget()
    })
    port.send(told)
    this.watch = setInterval(() => this.look(), this.times.watch)
    this.watch.unref()
  }

  private hear(waiting: Waiting, message: FromHost): void {
    if (message.kind === 'warmed') waiting.facts = message
    if (message.kind === 'trying') waiting.trying = message
  }

  private look(): void {
    if (this.available() < roomToKeep || Date.now() - this.seenAt > this.times.idle) this.discard()
  }

  private discard(): void {
    const waiting = this.waiting
    this.forget()
    waiting?.port.kill()
  }

  private forget(): void {
    this.waiting = null
    clearInterval(this.watch)
  }
}

const sameLibrary = (one: RunConfig, other: RunConfig) =>
  one.backend === other.backend && one.threads === other.threads

function fits({ told, facts }: Waiting, { backend, threads }: Wanted): boolean {
  const { config } = told
  if (backend !== config.backend && backend !== facts?.backend) return false
  // so many threads by number, or as many as it took by itself
  return threads === config.threads || threads === facts?.threads
}

/** Changes with every runtime that is installed, replaced or removed. */
function runtimesOf(cacheFolder: string): string {
  const found = (['cpu', 'cuda'] as const).map((variant) => {
    try {
      const runtime = findRuntime(variant, cacheFolder)
      return (
        runtime && [
          runtime.folder,
          runtime.checked ? installedHash(runtime.folder) : runtime.version,
        ]
      )
    } catch {
      return null // the run says what is wrong with it
    }
  })
  return JSON.stringify(found)
}

async function residentBytes(pid: number): Promise<number | null> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const found = /^VmRSS:\s+(\d+) kB/m.exec(text)
  return found ? Number(found[1]) * 1024 : null
}
