// The shell around the page: whether it has the system's dialogs, and what the person does outside
// the page (the menu, opened files). In a browser nothing happens there, and nothing is listened
// to.
import type { DesktopEvent, DesktopInfo } from '../../preload/contract/desktop.ts'
import { client, connection } from '../client/connection.svelte.ts'
import { isDisconnect } from '../client/problem.ts'
import { router } from '../router.svelte.ts'
import { commands } from './commands.svelte.ts'
import { imports } from './imports.svelte.ts'
import { notices } from './notices.svelte.ts'

class Desktop {
  info = $state.raw<DesktopInfo>({ shell: 'serve', dialogs: false })
  /** The name of the file that is being read, for whoever shows that. */
  opening = $state<string | null>(null)

  /** Follows the shell at every connection; returns how to stop that. */
  start(): () => void {
    return connection.onOpen(() => void this.#follow())
  }

  async #follow(): Promise<void> {
    try {
      this.info = await client.desktop.info()
      if (this.info.shell !== 'electron') return
      for await (const event of await client.desktop.watch()) await this.#take(event)
    } catch (thrown) {
      // the next connection follows again
      if (!isDisconnect(thrown)) notices.show(thrown)
    }
  }

  #take(event: DesktopEvent): Promise<unknown> | unknown {
    if (event.kind === 'note') return notices.tell(event.text)
    if (event.kind === 'open-file') return notices.attempt(() => this.#open(event.path))
    const command = commands.all.find(({ id }) => id === event.id)
    return (command?.enabled?.() ?? true) ? command?.run() : undefined
  }

  // What a person opens with the program is what they want to see.
  async #open(path: string): Promise<void> {
    const [attempt] = imports.open([path])
    if (!attempt) return
    this.opening = attempt.fileName
    try {
      const job = await attempt.ended()
      if (job?.run) router.go('run', { run: job.run })
      else if (attempt.problem) router.go('runs', { import: 1 })
    } finally {
      this.opening = null
    }
  }
}

export const desktop = new Desktop()
