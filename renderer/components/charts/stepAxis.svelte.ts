// The one step axis of a view: its charts and its timeline show the same steps on the same scale,
// and start at the same pixel. It stands in the address, so that new data never changes what
// somebody zoomed to.
import { liveStatuses } from '../../../preload/contract/records.ts'
import type { StepScale } from '../../draw/scale.ts'
import { router } from '../../router.svelte.ts'
import { AddressValue } from '../../state/addressValue.svelte.ts'
import type { RunState } from '../../state/run.svelte.ts'

/** Pixels left of every plot, for the axis and the buttons of the timeline. */
export const leftGutter = 56
/** Pixels right of every plot at least, for the labels at line ends and the timeline's numbers. */
export const rightGutter = 122

export class StepAxis {
  readonly #source: RunState
  // dragging writes it many times a second
  readonly #zoom: AddressValue | null

  /** Make it while a component starts. */
  constructor(source: RunState, { zooms }: { zooms: boolean }) {
    this.#source = source
    this.#zoom = zooms ? new AddressValue('zoom') : null
  }

  get kind(): StepScale['kind'] {
    return router.params['time'] === 'linear' ? 'linear' : 'log'
  }

  /** What somebody zoomed to, null for everything. */
  get zoom(): { from: number; to: number } | null {
    const [from = NaN, to = NaN] = (this.#zoom?.text ?? '').split('~').map(Number)
    return Number.isFinite(from) && Number.isFinite(to) && to - from >= 1 ? { from, to } : null
  }

  get from(): number {
    return this.zoom?.from ?? 0
  }

  get to(): number {
    return this.zoom?.to ?? this.last
  }

  /**
   * While it trains, the end of training, known from the start: nothing slides. Afterwards the last
   * step.
   */
  get last(): number {
    const run = this.#source.run
    if (!run) return 1
    return Math.max(1, run.step, liveStatuses.includes(run.status) ? run.totalSteps : 0)
  }

  setZoom(range: { from: number; to: number } | null): void {
    if (!range) return this.#zoom?.set(null)
    const span = Math.min(Math.max(2, range.to - range.from), this.last)
    const from = Math.round(Math.max(0, Math.min(range.from, this.last - span)))
    this.#zoom?.set(`${from}~${Math.round(from + span)}`)
  }

  toggleKind(): void {
    router.set({ time: this.kind === 'log' ? 'linear' : null }, { replace: true })
  }

  /** The scale between two pixels. */
  between(left: number, right: number): StepScale {
    return {
      kind: this.kind,
      from: this.from,
      to: Math.max(this.to, this.from + 1),
      left,
      right: Math.max(left + 1, right),
    }
  }
}
