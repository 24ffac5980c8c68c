// What every part of the service works with, made once by the studio and handed to each function.
import type { RunEvent, SystemStatus } from '../../preload/contract/records.ts'
import type { Fork } from '../host/protocol.ts'
import { addEvent } from '../store/events.ts'
import type { Store } from '../store/open.ts'
import type { Reader } from '../store/reader.ts'
import type { Announcements } from './announcements.ts'
import type { JobBoard } from './jobBoard.ts'
import type { LiveTrainer } from './liveTrainer.ts'
import type { Viewer } from './viewerProcess.ts'
import type { WarmHost } from './warmHost.ts'

/** How long to wait, in milliseconds. */
export interface Limits {
  /** A trainer that says nothing for so long while it trains is taken for stuck. */
  trainingSilence: number
  /** The same while it loads, compiles and tunes. */
  preparingSilence: number
  /**
   * For pause, resume and stop to be confirmed by the trainer, which may be evaluating on a slow
   * machine.
   */
  command: number
  /** For one latent request. */
  latent: number
  /** An evaluation, an analysis or the ladder without progress. */
  job: number
  /** For all trainers to save a checkpoint, and all jobs to clear up, when the program closes. */
  closing: number
  /** For a client to read what was sent to it. */
  reading: number
}

export const defaultLimits: Limits = {
  trainingSilence: 5 * 60_000,
  preparingSilence: 15 * 60_000,
  command: 60_000,
  latent: 60_000,
  job: 10 * 60_000,
  closing: 4500,
  reading: 30_000,
}

/** A file on its way from a page. */
export interface Upload {
  id: string
  /** What the page called the file: shown, never part of a path. */
  name: string
  bytes: number
  received: number
  path: string
  state: 'waiting' | 'writing' | 'importing'
  touchedAt: number
}

export interface Context {
  readonly store: Store
  /** Long reads, away from this thread. */
  readonly reader: Reader
  readonly fork: Fork
  readonly cacheFolder: string
  readonly shell: SystemStatus['shell']
  readonly limits: Limits
  readonly announcements: Announcements
  readonly viewer: Viewer
  /** The trainer process that waits for the next run. */
  readonly warm: WarmHost
  /** The live ones, by run. */
  readonly trainers: Map<string, LiveTrainer>
  readonly jobs: JobBoard
  /** Files on their way from a page, by id. */
  readonly uploads: Map<string, Upload>
  /** Fixed steps a chunk, for tests of exactness; null adapts. */
  readonly chunkSteps: number | null
  /** Runs whose checkpoint is being read before their trainer starts. */
  readonly launching: Set<string>
  closing: boolean
}

/** Stores an event and announces it. */
export function note(
  context: Context,
  run: string,
  kind: RunEvent['kind'],
  step: number,
  text: string,
): void {
  addEvent(context.store, { run, at: Date.now(), step, kind, text })
  context.announcements.tell(run, 'event')
}
