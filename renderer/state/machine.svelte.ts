// What the program runs on: versions and data folder, the ladder of backends, the native runtimes and their installation.
import { StudioError, type ErrorCode } from '../../preload/contract/errors.ts'
import { runtimeTitles, type Job } from '../../preload/contract/jobs.ts'
import type { LadderReport, SystemStatus } from '../../preload/contract/records.ts'
import { client, connection } from '../client/connection.svelte.ts'
import { isDisconnect, problemFrom, type Problem } from '../client/problem.ts'
import { notices } from './notices.svelte.ts'

export type RuntimeVariant = 'cpu' | 'cuda'
export type InstalledRuntime = Awaited<ReturnType<typeof client.system.runtime>>[number]

class Machine {
  status = $state.raw<SystemStatus | null>(null)
  ladder = $state.raw<LadderReport | null>(null)
  checking = $state(false)
  runtimes = $state.raw<readonly InstalledRuntime[]>([])
  /** What is being installed and how far it is. */
  installing = $state.raw<{ variant: RuntimeVariant; job: Job } | null>(null)
  problem = $state.raw<Problem | null>(null)
  installProblem = $state.raw<Problem | null>(null)

  async load(): Promise<void> {
    await this.#attempt(async () => {
      const [status, runtimes] = await Promise.all([client.system.status(), client.system.runtime()])
      this.status = status
      this.runtimes = runtimes
      await this.#findInstallation()
    })
    if (!this.ladder) await this.check(false)
  }

  /** Tries every rung; `force` forgets what was found before. */
  async check(force: boolean): Promise<void> {
    this.checking = true
    await this.#attempt(async () => (this.ladder = await client.system.backends({ force })))
    this.checking = false
  }

  /** Installs a native runtime, then looks at the ladder again. Leaving the page does not stop it. */
  async install(variant: RuntimeVariant): Promise<void> {
    if (this.installing) return
    this.installProblem = null
    try {
      await this.#follow(await client.jobs.start({ kind: 'runtime', variant }))
    } catch (thrown) {
      this.installProblem = problemFrom(thrown)
    }
  }

  async cancelInstallation(): Promise<void> {
    if (this.installing) await notices.attempt(() => client.jobs.cancel({ job: this.installing!.job.id }))
  }

  // An installation that somebody started: this page before it was loaded anew, another page, a command.
  async #findInstallation(): Promise<void> {
    const running = (await client.jobs.list()).find(({ kind, status }) => kind === 'runtime' && status === 'running')
    if (running && !this.installing) void this.#follow(running)
  }

  async #follow(job: Job): Promise<void> {
    const variant = job.title === runtimeTitles.cuda ? 'cuda' : 'cpu'
    let now = job
    try {
      this.installing = { variant, job }
      for await (now of await client.jobs.follow({ job: job.id })) this.installing = { variant, job: now }
    } catch (thrown) {
      if (isDisconnect(thrown)) this.#lookAgain()
      else this.installProblem = problemFrom(thrown)
    }
    this.installing = null
    if (now.status === 'running') return
    if (now.error) this.installProblem = problemFrom(new StudioError(now.error.code as ErrorCode, now.error.message))
    await this.load()
    if (now.status === 'done') await this.check(true)
  }

  // The line went down while somebody was installing: the next connection finds it again.
  #lookAgain(): void {
    const stop = connection.onOpen(() => {
      queueMicrotask(() => stop())
      void this.load()
    })
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
