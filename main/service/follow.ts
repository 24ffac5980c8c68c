// One follower of one run. It keeps what it has already told, and at every pull reads from the
// store what is newer: a reader that fell behind catches up in larger pieces, and nothing waits for
// it in memory.
import type {
  Checkpoint,
  MetricColumn,
  RunUpdate,
  StoredReason,
} from '../../preload/contract/records.ts'
import { listCheckpoints } from '../store/checkpointRows.ts'
import { listEvents } from '../store/events.ts'
import { listFrames } from '../store/frameRows.ts'
import { lastMetricStep, readMetrics } from '../store/metrics.ts'
import { findRun } from '../store/runs.ts'
import { listValidations } from '../store/validations.ts'
import type { Announcement } from './announcements.ts'
import type { Context } from './context.ts'
import { getRun } from './library.ts'
import { Stream } from './stream.ts'

/**
 * Milliseconds between two metric updates, and between two updates of the run's row while it only
 * counts on.
 */
const metricsPause = 100
const rowPause = 250
/** Steps in one metric update at most. */
const piece = 2048

/**
 * Everything stored that a follower with the steps up to `fromStep` lacks, then what is stored from
 * now on.
 */
export function followRun(
  context: Context,
  reference: string,
  fromStep: number,
  signal: AbortSignal | undefined,
): Stream<RunUpdate> {
  const { id } = findRun(context.store, reference)
  const follower = new Follower(context, id, fromStep)
  const stream: Stream<RunUpdate> = new Stream({
    signal,
    produce: (asking) => follower.next(asking),
    onEnd: () => stopListening(),
  })
  const stopListening = context.announcements.listen((announcement) => {
    if (announcement.run !== id) return
    follower.hear(announcement)
    stream.wake()
  })
  return stream
}

type About = Announcement['about']

class Follower {
  private readonly context: Context
  private readonly run: string
  /** What changed since it was last read. */
  private readonly stale = new Set<About>([
    'run',
    'metrics',
    'validation',
    'frame',
    'checkpoint',
    'event',
  ])
  private readonly ready: RunUpdate[] = []
  private toldStep: number
  private rewoundTo: number | undefined
  private readonly toldValidations = new Set<number>()
  private readonly toldFrames = new Set<number>()
  private readonly toldCheckpoints = new Map<
    string,
    { step: number; reason: StoredReason; state: string }
  >()
  private toldEvent = 0
  private metricsAt = 0
  private rowAt = -Infinity
  private toldState = ''

  constructor(context: Context, run: string, fromStep: number) {
    this.context = context
    this.run = run
    this.toldStep = fromStep
    // a client may hold steps that were taken back while it was away
    const last = lastMetricStep(context.store, run)
    if (fromStep > last) this.rewoundTo = last
  }

  hear({ about, step }: Announcement): void {
    if (about === 'rewound') this.rewoundTo = Math.min(this.rewoundTo ?? Infinity, step ?? 0)
    else this.stale.add(about)
    // what was told before the rewinding is read again
    if (about === 'rewound')
      for (const each of ['metrics', 'validation', 'frame'] as const) this.stale.add(each)
  }

  next(stream: Stream<RunUpdate>): RunUpdate | undefined {
    if (this.rewoundTo !== undefined) return this.rewind(this.rewoundTo)
    if (this.ready.length === 0) this.read()
    return this.ready.shift() ?? this.row(stream) ?? this.metrics(stream)
  }

  private rewind(step: number): RunUpdate | undefined {
    this.rewoundTo = undefined
    this.ready.length = 0
    for (const about of ['validation', 'frame', 'checkpoint', 'event'] as const)
      this.stale.add(about)
    for (const told of [this.toldValidations, this.toldFrames])
      for (const each of [...told]) if (each > step) told.delete(each)
    this.toldStep = Math.min(this.toldStep, step)
    return { kind: 'rewound', step }
  }

  // Rows that come seldom: those not told yet, in the order of their kinds.
  private read(): void {
    const { store } = this.context
    const { run, ready } = this
    if (this.stale.delete('validation'))
      for (const validation of listValidations(store, run))
        if (fresh(this.toldValidations, validation.step))
          ready.push({ kind: 'validation', validation })
    if (this.stale.delete('frame'))
      for (const frame of listFrames(store, run))
        if (fresh(this.toldFrames, frame.step)) ready.push({ kind: 'frame', frame })
    if (this.stale.delete('checkpoint')) this.readCheckpoints()
    if (!this.stale.delete('event')) return
    for (const event of listEvents(store, run)) {
      if (event.id <= this.toldEvent) continue
      this.toldEvent = event.id
      ready.push({ kind: 'event', event })
    }
  }

  private readCheckpoints(): void {
    const list = listCheckpoints(this.context.store, this.run)
    const stored = new Set(list.map(keyOf))
    for (const [key, { step, reason }] of this.toldCheckpoints) {
      if (stored.has(key)) continue
      this.toldCheckpoints.delete(key)
      this.ready.push({ kind: 'checkpoint-removed', step, reason })
    }
    for (const checkpoint of list)
      if (this.isNews(checkpoint)) this.ready.push({ kind: 'checkpoint', checkpoint })
  }

  // A checkpoint is told again when it turned out unusable, or was written anew by a replay.
  private isNews(checkpoint: Checkpoint): boolean {
    const { step, reason, sha256, usable } = checkpoint
    const state = `${sha256} ${usable}`
    if (this.toldCheckpoints.get(keyOf(checkpoint))?.state === state) return false
    this.toldCheckpoints.set(keyOf(checkpoint), { step, reason, state })
    return true
  }

  // While training goes on its step and speed change with every chunk; a change of status is told
  // at once.
  private row(stream: Stream<RunUpdate>): RunUpdate | undefined {
    if (!this.stale.has('run') && !this.stale.has('metrics')) return undefined
    const wait = this.rowAt + rowPause - performance.now()
    if (wait > 0 && !this.stale.has('run')) return undefined
    const run = getRun(this.context, this.run)
    const state = `${run.status} ${run.statusReason}`
    if (wait > 0 && state === this.toldState) {
      stream.wakeIn(wait)
      return undefined
    }
    this.stale.delete('run')
    this.rowAt = performance.now()
    this.toldState = state
    return { kind: 'run', run }
  }

  private metrics(stream: Stream<RunUpdate>): RunUpdate | undefined {
    if (!this.stale.has('metrics')) return undefined
    const wait = this.metricsAt + metricsPause - performance.now()
    if (wait > 0) {
      stream.wakeIn(wait)
      return undefined
    }
    const last = lastMetricStep(this.context.store, this.run)
    if (last <= this.toldStep) {
      this.stale.delete('metrics')
      return undefined
    }
    const firstStep = this.toldStep + 1
    const toStep = Math.min(last, this.toldStep + piece)
    const { columns, count, data } = readMetrics(this.context.store, this.run, {
      fromStep: firstStep,
      toStep,
      points: piece,
    })
    this.toldStep = toStep
    // a catching-up reader gets the next piece at once
    if (toStep === last) this.metricsAt = performance.now()
    return {
      kind: 'metrics',
      firstStep,
      columns: Object.fromEntries(
        columns.map((column, index) => [column, numbers(data, index, count)]),
      ) as Record<MetricColumn, number[]>,
    }
  }
}

const keyOf = ({ step, reason }: Checkpoint) => `${step} ${reason}`

// JSON has no infinity; NaN crosses the contract as what it is.
function numbers(data: Float32Array, index: number, count: number): number[] {
  return Array.from(data.subarray(index * count, (index + 1) * count), (value) =>
    Number.isFinite(value) ? value : NaN,
  )
}

function fresh(told: Set<number>, step: number): boolean {
  if (told.has(step)) return false
  told.add(step)
  return true
}
