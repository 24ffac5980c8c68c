// The group `desktop` of the contract. What the window of the app can do is handed in; a loopback
// server has nothing to hand in, so a browser learns that there are no dialogs and that nothing
// happens outside its page.
import { implement } from '@orpc/server'
import {
  desktop as contract,
  type DesktopEvent,
  type OpenQuestion,
  type SaveQuestion,
} from '../../preload/contract/desktop.ts'
import type { DialogAnswer } from '../../preload/contract/desktop.ts'
import type { LinkName } from '../../preload/contract/links.ts'
import { Stream } from './stream.ts'

/** The system's file dialogs, null when the person cancelled; and its browser. */
export interface Dialogs {
  save(question: SaveQuestion): Promise<string | null>
  open(question: OpenQuestion): Promise<string | null>
  /** Opens an address in the system's browser. */
  openLink(link: LinkName): Promise<void>
}

/** The window's shell as the service sees it. */
export interface DesktopShell {
  dialogs: Dialogs
  events: DesktopEvents
}

/** What happens outside the page, on its way to it. */
export class DesktopEvents {
  private waiting: DesktopEvent[] = []
  private watcher: Stream<DesktopEvent> | undefined

  /** A file to open and a note wait for a page; a command without a page to run it is dropped. */
  tell(event: DesktopEvent): void {
    if (event.kind === 'command' && !this.watcher) return
    this.waiting.push(event)
    this.watcher?.wake()
  }

  /** There is one window: a new watcher is its page loaded anew, and the one before ends. */
  watch(signal: AbortSignal | undefined): Stream<DesktopEvent> {
    this.watcher?.finish()
    const stream: Stream<DesktopEvent> = new Stream({
      signal,
      produce: () => (this.watcher === stream ? this.waiting.shift() : undefined),
      onEnd: () => {
        if (this.watcher === stream) this.watcher = undefined
      },
    })
    this.watcher = stream
    return stream
  }
}

const of = implement(contract)

/**
 * The procedures of `desktop`, for the window's shell or, with null, for browsers and the command
 * line.
 */
export function desktopProcedures(shell: DesktopShell | null) {
  const answer = async (
    ask: (dialogs: Dialogs) => Promise<string | null>,
  ): Promise<DialogAnswer> => {
    if (!shell) return { kind: 'no-dialog' }
    const path = await ask(shell.dialogs)
    return path === null ? { kind: 'cancelled' } : { kind: 'chosen', path }
  }
  return {
    info: of.info.handler(() => ({
      shell: shell ? ('electron' as const) : ('serve' as const),
      dialogs: shell !== null,
    })),
    saveDialog: of.saveDialog.handler(({ input }) => answer((dialogs) => dialogs.save(input))),
    openDialog: of.openDialog.handler(({ input }) => answer((dialogs) => dialogs.open(input))),
    openLink: of.openLink.handler(async ({ input }) => {
      await shell?.dialogs.openLink(input.link)
      return { opened: shell !== null }
    }),
    watch: of.watch.handler(
      ({ signal }) =>
        shell?.events.watch(signal) ??
        new Stream<DesktopEvent>({ signal, produce: () => undefined }),
    ),
  }
}
