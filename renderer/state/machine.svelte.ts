// What the program runs on: versions and data folder, the ladder of backends, the native runtimes and their installation.
import type { LadderReport, Progress, SystemStatus } from '../../preload/contract/records.ts'
import { client } from '../client/connection.svelte.ts'
import { isDisconnect, problemFrom, type Problem } from '../client/problem.ts'

export type RuntimeVariant = 'cpu' | 'cuda'
export type InstalledRuntime = Awaited<ReturnType<typeof client.system.runtime>>[number]

class Machine {
  status = $state.raw<SystemStatus | null>(null)
  ladder = $state.raw<LadderReport | null>(null)
  checking = $state(false)
  runtimes = $state.raw<readonly InstalledRuntime[]>([])
  /** What is being installed and how far it is. */
  installing = $state.raw<{ variant: RuntimeVariant; progress: Progress | null } | null>(null)
  problem = $state.raw<Problem | null>(null)
  installProblem = $state.raw<Problem | null>(null)
  #installation: AbortController | null = null

  async load(): Promise<void> {
    await this.#attempt(async () => {
      const [status, runtimes] = await Promise.all([client.system.status(), client.system.runtime()])
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

  /** Installs a native runtime, then looks at the ladder again. Leaving the view does not stop it. */
  async install(variant: RuntimeVariant): Promise<void> {
    if (this.installing) return
    const installation = new AbortController()
    this.#installation = installation
    this.installing = { variant, progress: null }
    this.installProblem = null
    try {
      for await (const progress of await client.system.installRuntime({ variant }, { signal: installation.signal })) this.installing = { variant, progress }
    } catch (thrown) {
      if (!installation.signal.aborted) this.installProblem = problemFrom(thrown)
    }
    this.installing = null
    await this.load()
    if (!installation.signal.aborted && !this.installProblem) await this.check(true)
  }

  cancelInstallation(): void {
    this.#installation?.abort()
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
