// What the program runs on: versions and data folder, the ladder of backends, the native runtimes
// and their installation.
import { runtimeTitles, type Job } from '../../preload/contract/jobs.ts'
import type { LadderReport, SystemStatus } from '../../preload/contract/records.ts'
import { client } from '../client/connection.svelte.ts'
import { isDisconnect, problemFrom, problemOf, type Problem } from '../client/problem.ts'
import { jobs } from './jobs.svelte.ts'

export type RuntimeVariant = 'cpu' | 'cuda'
export type InstalledRuntime = Awaited<ReturnType<typeof client.system.runtime>>[number]

class Machine {
  status = $state.raw<SystemStatus | null>(null)
  ladder = $state.raw<LadderReport | null>(null)
  checking = $state(false)
  runtimes = $state.raw<readonly InstalledRuntime[]>([])
  /** What is being installed and how far it is. */
  readonly installing = $derived.by((): { variant: RuntimeVariant; job: Job } | null => {
    const job = jobs.running.find(({ kind }) => kind === 'runtime')
    return job ? { variant: job.title === runtimeTitles.cuda ? 'cuda' : 'cpu', job } : null
  })
  problem = $state.raw<Problem | null>(null)
  installProblem = $state.raw<Problem | null>(null)
  #awaited = ''

  async load(): Promise<void> {
    await this.#attempt(async () => {
      const [status, runtimes] = await Promise.all([
        client.system.status(),
        client.system.runtime(),
      ])
      this.status = status
      this.runtimes = runtimes
    })
    if (!this.ladder) await this.check(false)
  }

  /** Tries every rung; `force` forgets what was found before. */
  async check(force: boolean): Promise<void> {
    this.checking = true
    await this.#attempt(async () => (this.ladder = await client.system.backends({ force })))
    this.checking = false
  }

  /**
   * Installs a native runtime, then looks at the ladder again. Leaving the page does not stop it.
   */
  async install(variant: RuntimeVariant): Promise<void> {
    if (this.installing) return
    this.installProblem = null
    try {
      await this.await(await jobs.begin({ kind: 'runtime', variant }))
    } catch (thrown) {
      this.installProblem = problemFrom(thrown)
    }
  }

  async cancelInstallation(): Promise<void> {
    if (this.installing) await jobs.cancel(this.installing.job.id)
  }

  /**
   * Looks at everything again when an installation has ended, whoever began it: this page before it
   * was loaded anew, another one, a command.
   */
  async await(job: Job): Promise<void> {
    if (this.#awaited === job.id) return
    this.#awaited = job.id
    const ended = await jobs.whenEnded(job)
    this.installProblem = problemOf(ended)
    await this.load()
    if (ended.status !== 'failed' && ended.status !== 'cancelled') await this.check(true)
  }

  async #attempt(act: () => Promise<unknown>): Promise<void> {
    try {
      await act()
      this.problem = null
    } catch (thrown) {
      if (!isDisconnect(thrown)) this.problem = problemFrom(thrown)
    }
  }
}

export const machine = new Machine()
