// One run of the film: the stored frame that is shown and the one before it, and the frames around
// it fetched ahead, so that scrubbing draws what is here already. One request in flight; the frame
// that is shown goes before those ahead.
import { untrack } from 'svelte'
import { problemFrom, type Problem } from '../../../client/problem.ts'
import type { FrameTiles } from '../../../draw/tiles.ts'
import type { FrameInfo } from '../../../../preload/contract/records.ts'
import { frameRoom, hasFrame, keptFrame, loadFrame } from '../../../state/frames.ts'
import type { RunState } from '../../../state/run.svelte.ts'
import { RequestQueue } from '../../latent/requestQueue.ts'
import { around, frameBefore } from './alignment.ts'

// two runs are shown at most, and each may fill this part of the room on either side of its frame
const share = 1 / 5

export class Reel {
  /** What is shown: it stays until the next frame is here. */
  frame = $state.raw<FrameTiles | null>(null)
  /** The stored frame before it; null for the first one, and until it is here. */
  before = $state.raw<FrameTiles | null>(null)
  problem = $state.raw<Problem | null>(null)
  readonly #source: () => RunState | null
  readonly #wanted: () => FrameInfo | undefined
  readonly #queue: RequestQueue

  /** Make it while a component starts. wanted: the stored frame that goes with the timeline. */
  constructor(source: () => RunState | null, wanted: () => FrameInfo | undefined) {
    this.#source = source
    this.#wanted = wanted
    this.#queue = new RequestQueue(
      ['frame', 'ahead'],
      (thrown) => (this.problem = problemFrom(thrown)),
    )
    $effect(() => () => this.#queue.close())
    $effect(() => this.#follow())
  }

  get source(): RunState | null {
    return this.#source()
  }

  /** True while the frame that is wanted is neither here nor known to be lost. */
  get waiting(): boolean {
    const wanted = this.#wanted()
    return wanted !== undefined && this.frame?.step !== wanted.step && this.problem === null
  }

  #follow(): void {
    const source = this.#source()
    const wanted = this.#wanted()
    if (!source || !wanted) {
      this.frame = this.before = null
      return
    }
    const before = untrack(() => frameBefore(source.frames, wanted.step))
    const [here, earlier] = [
      keptFrame(source.id, wanted.step),
      before ? keptFrame(source.id, before.step) : null,
    ]
    if (here && (earlier || !before)) {
      this.#queue.drop('frame')
      this.#show(here, earlier)
    } else this.#ask(source, wanted, before)
    this.#fetchAhead(source, wanted)
  }

  #ask(source: RunState, wanted: FrameInfo, before: FrameInfo | undefined): void {
    this.#queue.ask('frame', async () => {
      const here = await loadFrame(source.id, wanted.step)
      if (this.#wanted()?.step !== wanted.step || this.#source() !== source) return
      this.#show(here, null)
      const earlier = before ? await loadFrame(source.id, before.step) : null
      if (this.frame === here) this.before = earlier
    })
  }

  #show(frame: FrameTiles, before: FrameTiles | null): void {
    this.frame = frame
    this.before = before
    this.problem = null
  }

  #fetchAhead(source: RunState, wanted: FrameInfo): void {
    const { frames } = source
    const at = frames.findIndex((frame) => frame.step === wanted.step)
    const reach = reachOf(wanted, untrack(() => this.frame?.manifold.channels) ?? 3)
    const next = around(at, frames.length, reach).find(
      (index) => !hasFrame(source.id, frames[index]!.step),
    )
    if (next === undefined) return this.#queue.drop('ahead')
    this.#queue.ask('ahead', async () => {
      // a frame that cannot be read is told when somebody stands on it; those beyond it are asked
      // for then
      const found = await loadFrame(source.id, frames[next]!.step).catch(() => null)
      const now = this.#wanted() // the newest place decides what is next
      if (found && now && this.#source() === source) this.#fetchAhead(source, now)
    })
  }
}

// How many frames on either side there is room for.
function reachOf(
  { grid, tileWidth, tileHeight, reconstructions }: FrameInfo,
  channels: number,
): number {
  const bytes = (grid * grid + 2 * reconstructions) * tileWidth * tileHeight * channels
  return Math.max(2, Math.floor((frameRoom * share) / Math.max(1, bytes)))
}
