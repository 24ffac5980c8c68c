// Files that are being taken in, each one attempt: handed over where it lies on the page's machine,
// then imported as a job. What was typed for one stays with it, so that a refused import is put
// right and tried again.
import { configFrom } from '../../preload/contract/config.ts'
import type { Job } from '../../preload/contract/jobs.ts'
import type { WeightLayout } from '../../preload/contract/imports.ts'
import { presetNames } from '../../preload/contract/presets.ts'
import { client } from '../client/connection.svelte.ts'
import { discardSent, sendFile, type SentFile } from '../client/pieces.ts'
import { problemFrom, problemOf, type Problem } from '../client/problem.ts'
import { jobs, type JobQuestion } from './jobs.svelte.ts'
import { runs } from './runs.svelte.ts'

/** A file of the page's machine, or an absolute path on the owner's. */
export type ImportSource = File | string
type Weights = NonNullable<Extract<JobQuestion, { kind: 'import' }>['weights']>

export class Attempt {
  readonly source: ImportSource
  readonly fileName: string
  /** What it is not said to be is tried as weights: they alone can be told more about. */
  readonly weights: boolean
  /** How far it is handed over, in bytes; null while it is not on its way. */
  sent = $state.raw<{ done: number; total: number } | null>(null)
  #job = $state<string | null>(null)
  #refused = $state.raw<Problem | null>(null)
  /** As typed and chosen: name of the run; "preset:NAME" or "run:ID"; order of axes. */
  name = $state('')
  like = $state('')
  layout = $state<'' | WeightLayout>('')
  #stop: AbortController | null = null
  #begun = $state.raw<Promise<void> | null>(null)

  readonly job = $derived(this.#job === null ? undefined : jobs.find(this.#job))
  readonly problem = $derived(this.#refused ?? (this.job ? problemOf(this.job) : null))
  /** Its job was put away, and it with it. */
  readonly gone = $derived(this.#job !== null && this.job === undefined)
  /**
   * Another name, other settings or room on the disk may help: what the file itself lacks, none of
   * these give.
   */
  readonly mendable = $derived(
    this.problem === null ||
      this.problem.code !== 'bad-input' ||
      this.problem.reason === 'settings',
  )
  readonly busy = $derived(this.#begun !== null || this.job?.status === 'running')

  constructor(source: ImportSource) {
    this.source = source
    this.fileName =
      typeof source === 'string' ? (source.split(/[\\/]/).at(-1) ?? source) : source.name
    this.weights = !/\.latent$/i.test(this.fileName)
  }

  /** Resolves when the job has begun or was refused. */
  begin(): Promise<void> {
    this.#begun ??= this.#begin().finally(() => (this.#begun = null))
    return this.#begun
  }

  /** The job when it has ended; undefined when none began. */
  async ended(): Promise<Job | undefined> {
    await this.begin()
    return this.job && jobs.whenEnded(this.job)
  }

  async #begin(): Promise<void> {
    const [before, stop] = [this.job, new AbortController()]
    this.#stop = stop
    this.#refused = null
    this.#job = null
    let sent: SentFile | undefined
    try {
      if (typeof this.source !== 'string') sent = await this.#send(this.source, stop.signal)
      const path = sent?.path ?? String(this.source)
      const weights = await this.#weights()
      const name = this.name.trim()
      const job = await jobs.begin({
        kind: 'import',
        path,
        ...(name ? { name } : {}),
        ...(weights ? { weights } : {}),
      })
      this.#job = job.id
      if (before?.status === 'failed') void jobs.remove(before.id) // this one takes its place
    } catch (thrown) {
      if (sent) discardSent(sent.upload)
      if (!stop.signal.aborted) this.#refused = problemFrom(thrown)
    } finally {
      this.sent = null
    }
  }

  /** Stops what is under way. */
  cancel(): void {
    this.#stop?.abort()
    if (this.job?.status === 'running') void jobs.cancel(this.job.id)
  }

  async #send(file: File, signal: AbortSignal): Promise<SentFile> {
    this.sent = { done: 0, total: file.size }
    return sendFile(file, signal, (done, total) => (this.sent = { done, total }))
  }

  async #weights(): Promise<Weights | null> {
    if (!this.weights || (this.like === '' && this.layout === '')) return null
    const [kind, what = ''] = this.like.split(':', 2)
    const preset = kind === 'preset' ? (presetNames.find((known) => known === what) ?? null) : null
    const config = preset
      ? configFrom(preset)
      : kind === 'run'
        ? (runs.find(what) ?? (await client.runs.get({ run: what }))).config
        : null
    return {
      preset,
      ...(config ? { config: { ...config } } : {}),
      ...(this.layout ? { layout: this.layout } : {}),
    }
  }
}

class Imports {
  /** Newest first. */
  attempts = $state.raw<readonly Attempt[]>([])

  /** Begins at once; the person hears about each from its row or its toast. */
  open(sources: readonly ImportSource[]): Attempt[] {
    const begun = sources.map((source) => new Attempt(source))
    this.attempts = [...begun.toReversed(), ...this.attempts]
    // one after the other: together they would only share the line
    void begun.reduce(
      (before, attempt) =>
        before.then(() => (this.attempts.includes(attempt) ? attempt.begin() : undefined)),
      Promise.resolve(),
    )
    return begun
  }

  forget(attempt: Attempt): void {
    attempt.cancel()
    this.attempts = this.attempts.filter((known) => known !== attempt)
  }
}

export const imports = new Imports()
