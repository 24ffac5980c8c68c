// An export that is being chosen: the question as the address has it, what it would write, and its
// way to a file.
import { untrack } from 'svelte'
import {
  downloadName,
  exportEndings,
  exportName,
  exportTitles,
  type ExportFormat,
  type ExportReport,
  type PagePrecision,
} from '../../../preload/contract/exports.ts'
import { liveStatuses } from '../../../preload/contract/records.ts'
import { client } from '../../client/connection.svelte.ts'
import { chooseSavePath } from '../../client/dialogs.ts'
import { isDisconnect, problemFrom, type Problem } from '../../client/problem.ts'
import { router } from '../../router.svelte.ts'
import { jobs } from '../../state/jobs.svelte.ts'
import type { RunState } from '../../state/run.svelte.ts'
import { TypedText } from '../../state/typedText.svelte.ts'
import { downloads } from '../jobs/downloads.svelte.ts'
import { checkpointChoices, checkpointOf, choiceAt } from '../run/checkpointChoices.ts'
import { formatNamed, formats, partFor, pathFor } from './formats.ts'

export class Exporting {
  readonly #source: RunState
  /** What it would write; the one before stays until the next is known. */
  report = $state.raw<ExportReport | null>(null)
  problem = $state.raw<Problem | null>(null)
  asking = $state(false)
  starting = $state(false)
  /** Why the last start was refused, and the path that it was for. */
  refused = $state.raw<{ problem: Problem; path: string | null } | null>(null)
  readonly path = new TypedText('export-path')

  readonly choices = $derived.by(() => checkpointChoices(this.#source.checkpoints))
  readonly format = $derived(formatNamed(router.params['export']))
  readonly part = $derived(partFor(this.format, router.params['part']))
  /** The step that is looked at, while it is not the newest. */
  readonly shownStep = $derived(
    router.params['step'] === undefined ? null : router.number('step', 0),
  )
  readonly checkpointText = $derived(
    router.params['checkpoint'] ?? choiceAt(this.choices, this.shownStep),
  )
  readonly precision = $derived<PagePrecision>(
    router.params['precision'] === 'float16' ? 'float16' : 'float32',
  )
  readonly question = $derived.by(() => ({
    run: this.#source.id,
    format: this.format,
    part: this.part,
    checkpoint: formats[this.format].ofCheckpoint
      ? checkpointOf(this.checkpointText)
      : ('last' as const),
    precision: formats[this.format].precisions ? this.precision : ('float32' as const),
  }))
  /** The file that a download brings, when it is known of which step. */
  readonly download = $derived.by(() => {
    const { report, format, part } = this
    return report ? downloadName(this.#source.run?.name ?? 'run', report.step, part, format) : ''
  })
  /** The newest export of this run. */
  readonly job = $derived.by(() =>
    jobs.list.find((job) => job.kind === 'export' && job.run === this.#source.run?.id),
  )
  // While it trains, weights come every few seconds: what is shown is said to be of its step, and
  // asked for again when something else is chosen.
  readonly #weights = $derived.by(() => {
    const { run } = this.#source
    if (run && liveStatuses.includes(run.status)) return this.choices.length > 0
    return this.choices.find(({ value }) => value === this.checkpointText)?.step
  })

  /** Make it while a component starts. */
  constructor(source: RunState) {
    this.#source = source
    $effect(() => {
      const { question } = this
      void this.#weights
      const stop = new AbortController()
      untrack(() => void this.#preview(question, stop.signal))
      return () => stop.abort()
    })
  }

  choose(format: ExportFormat): void {
    this.path.text = pathFor(this.path.text, this.format, format)
    this.refused = null
    router.set({ export: format }, { replace: true })
  }

  set(changes: { part?: string; checkpoint?: string; precision?: string }): void {
    this.refused = null
    router.set(changes, { replace: true })
  }

  /**
   * Asks the system's dialog where to, which asks by itself before it lets something be replaced.
   */
  async saveAs(): Promise<void> {
    const { run } = this.#source
    const ending = exportEndings[this.format]?.slice(1)
    const answer = await chooseSavePath({
      title: `Export ${run?.name ?? 'a run'} as ${exportTitles[this.format]}`,
      name: exportName(run?.name ?? 'run', this.report?.step ?? null, this.part, this.format),
      filters:
        ending === undefined ? [] : [{ name: exportTitles[this.format], extensions: [ending] }],
    }).catch(
      (thrown: unknown) => void (this.refused = { problem: problemFrom(thrown), path: null }),
    )
    if (answer?.kind !== 'chosen') return
    await this.start(answer.path)
    const again = this.refused?.problem
    if (again?.reason === 'EEXIST' && again.message.startsWith(`${answer.path}:`))
      await this.start(answer.path, true)
  }

  /** path: on the owner's machine; null keeps the files, and saves them here when they are made. */
  async start(path: string | null, force = false): Promise<void> {
    if (this.starting) return
    this.starting = true
    this.refused = null
    try {
      const job = await jobs.begin({ kind: 'export', ...this.question, path, force })
      if (path === null) void downloads.await(job)
    } catch (thrown) {
      this.refused = { problem: problemFrom(thrown), path }
    } finally {
      this.starting = false
    }
  }

  async #preview(question: Exporting['question'], signal: AbortSignal): Promise<void> {
    this.asking = true
    try {
      this.report = await client.exports.preview(question, { signal })
      this.problem = null
    } catch (thrown) {
      if (signal.aborted || isDisconnect(thrown)) return
      this.report = null
      this.problem = problemFrom(thrown)
    } finally {
      if (!signal.aborted) this.asking = false
    }
  }
}
