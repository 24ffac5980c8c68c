// Everything about ONE run, stored and live: its record, training series, validations, frames,
// checkpoints, events. After a reconnection it asks for what it missed and goes on. Make one per
// view, `close` it when the view goes.
import type {
  Checkpoint,
  FrameInfo,
  Run,
  RunEvent,
  RunUpdate,
  StepRange,
  Validation,
} from '../../preload/contract/records.ts'
import { client, connection } from '../client/connection.svelte.ts'
import { isDisconnect, problemFrom, type Problem } from '../client/problem.ts'
import { forgetFrames } from './frames.ts'
import { momentsOf, nearestTo, stepsWithWeights } from './moments.ts'
import { runs } from './runs.svelte.ts'
import { Series, unpackSeries } from './series.ts'

const stretch = 32_000 // steps of one request, so that one answer stays under the limit of a message

export class RunState {
  readonly id: string
  /** Null until the first answer. */
  run = $state.raw<Run | null>(null)
  problem = $state.raw<Problem | null>(null)
  /** False until the stored series is here. */
  loaded = $state(false)
  /** Goes up whenever `series` changed. */
  revision = $state(0)
  validations = $state.raw<readonly Validation[]>([])
  frames = $state.raw<readonly FrameInfo[]>([])
  checkpoints = $state.raw<readonly Checkpoint[]>([])
  events = $state.raw<readonly RunEvent[]>([])
  /** Steps whose metrics the database has lost; their values in `series` are NaN. */
  damaged = $state.raw<readonly StepRange[]>([])
  /** Steps whose weights can be asked, with a checkpoint or with a frame, ascending. */
  readonly weightSteps = $derived.by(() => stepsWithWeights(this.checkpoints))
  /** Steps that the timeline stands on: those of frames and of weights, ascending. */
  readonly moments = $derived.by(() => momentsOf(this.frames, this.weightSteps))
  /** Plain: read it where `revision` is read too. */
  readonly series = new Series()
  #stopListening: () => void
  #attempt: AbortController | null = null
  #announced = 0

  constructor(id: string) {
    this.id = id
    this.#stopListening = connection.onOpen(() => void this.#follow())
  }

  close(): void {
    this.#stopListening()
    this.#attempt?.abort()
    cancelAnimationFrame(this.#announced)
  }

  /** The newest frame at or before a step; the first one when all are later. */
  frameAt(step: number): FrameInfo | undefined {
    return this.frames.findLast((frame) => frame.step <= step) ?? this.frames[0]
  }

  /** The step with weights that is nearest to another one; null where the run has none. */
  weightsNear(step: number): number | null {
    return nearestTo(this.weightSteps, step)
  }

  async #follow(): Promise<void> {
    this.#attempt?.abort()
    const attempt = new AbortController()
    this.#attempt = attempt
    const { signal } = attempt
    try {
      await this.#load(signal)
      const updates = await client.runs.follow(
        { run: this.id, fromStep: this.series.length },
        { signal },
      )
      for await (const update of updates) {
        if (update.kind === 'metrics' && update.firstStep > this.series.length + 1)
          await this.#fillSeries(update.firstStep - 1, signal)
        this.#take(update)
      }
    } catch (thrown) {
      if (!signal.aborted && !isDisconnect(thrown)) this.problem = problemFrom(thrown)
    }
  }

  async #load(signal: AbortSignal): Promise<void> {
    const about = { run: this.id }
    const run = await client.runs.get(about, { signal })
    const [validations, frames, checkpoints, events] = await Promise.all([
      client.runs.validations(about, { signal }),
      client.runs.frames(about, { signal }),
      client.runs.checkpoints(about, { signal }),
      client.runs.events(about, { signal }),
    ])
    this.run = run
    this.problem = null
    this.validations = validations
    this.frames = frames
    this.checkpoints = checkpoints
    this.events = events
    // what was replayed while nobody listened differs from what is here: the newest blocks are
    // cheap, take all again
    this.series.rewind(0)
    this.damaged = []
    await this.#fillSeries(run.step, signal)
    this.loaded = true
  }

  // Asks for the steps after those that are here, up to `last`.
  async #fillSeries(last: number, signal: AbortSignal): Promise<void> {
    while (this.series.length < last) {
      const fromStep = this.series.length + 1
      const toStep = Math.min(last, fromStep + stretch - 1)
      const answer = await client.runs.metrics(
        { run: this.id, fromStep, toStep, points: stretch },
        { signal },
      )
      if (answer.damaged.length > 0) this.damaged = [...this.damaged, ...answer.damaged]
      if (answer.count === 0 || !this.series.put(answer.firstStep, unpackSeries(answer))) break
      this.#announce()
    }
  }

  #take(update: RunUpdate): void {
    switch (update.kind) {
      case 'run':
        this.run = update.run
        runs.put(update.run)
        break
      case 'metrics':
        if (this.series.put(update.firstStep, update.columns)) this.#announce()
        break
      case 'rewound':
        this.#rewind(update.step)
        break
      case 'validation':
        this.validations = inOrder(this.validations, update.validation, (item) => item.step)
        break
      case 'frame':
        this.frames = inOrder(this.frames, update.frame, (item) => item.step)
        break
      case 'checkpoint':
        this.checkpoints = inOrder(this.checkpoints, update.checkpoint, checkpointKey)
        break
      case 'checkpoint-removed': {
        const { step, reason } = update
        this.checkpoints = this.checkpoints.filter(
          (known) => known.step !== step || known.reason !== reason,
        )
        break
      }
      case 'event':
        this.events = inOrder(this.events, update.event, (item) => item.id)
        break
    }
  }

  #rewind(step: number): void {
    this.series.rewind(step)
    forgetFrames(this.id, step)
    this.validations = this.validations.filter((item) => item.step <= step)
    this.frames = this.frames.filter((item) => item.step <= step)
    this.#announce()
  }

  // At most one announcement a frame of the screen, however many chunks arrive.
  #announce(): void {
    if (this.#announced !== 0) return
    this.#announced = requestAnimationFrame(() => {
      this.#announced = 0
      this.revision += 1
    })
  }
}

// By step, then reason: one step may be stored as the best and as the last. Padded, so that texts
// order as numbers do.
const checkpointKey = ({ step, reason }: Checkpoint) =>
  `${String(step).padStart(12, '0')} ${reason}`

// The list with an item added in order; an item with the same key is replaced. A follower is told
// again what was loaded: the same list then, so that nobody asks anew.
function inOrder<T>(list: readonly T[], item: T, key: (item: T) => number | string): readonly T[] {
  const last = list.at(-1)
  if (last === undefined || key(last) < key(item)) return [...list, item]
  const before = list.find((known) => key(known) === key(item))
  if (before && JSON.stringify(before) === JSON.stringify(item)) return list
  const rest = list.filter((known) => key(known) !== key(item))
  const at = rest.findIndex((known) => key(known) > key(item))
  return at === -1 ? [...rest, item] : [...rest.slice(0, at), item, ...rest.slice(at)]
}
