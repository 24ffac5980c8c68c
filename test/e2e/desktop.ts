// A page as the app's window has it: Electron by its name, a port handed over at every load, and
// behind it a studio with the system's dialogs (desktopStudio.ts), which answer what the test says.
import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { Page } from './studio.ts'

export type ToStudio =
  | { kind: 'loaded' }
  | { kind: 'message'; data: string }
  /** What the next dialogs answer; null cancels them. */
  | { kind: 'answer'; path: string | null }
  /** The person opens a file with the program. */
  | { kind: 'open'; path: string }
  | { kind: 'end' }

export type FromStudio =
  | { kind: 'ready'; url: string }
  | { kind: 'message'; data: string }
  | { kind: 'asked'; dialog: 'save' | 'open'; question: object }

export interface DesktopStudio {
  url: string
  /** Questions of dialogs, oldest first. */
  asked: { dialog: 'save' | 'open'; question: object }[]
  tell(message: ToStudio): void
  end(): Promise<void>
}

export async function startDesktop(page: Page, dataFolder: string): Promise<DesktopStudio> {
  const child = fork(join(import.meta.dirname, 'desktopStudio.ts'), [dataFolder], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  const gone = new Promise<void>((settle) => child.once('exit', () => settle()))
  const asked: DesktopStudio['asked'] = []
  // the page goes on asking for a moment when the studio has been ended
  const tell = (message: ToStudio) => void (child.connected && child.send(message, () => undefined))
  const url = await new Promise<string>((settle, fail) => {
    child.on('message', (message: FromStudio) => {
      if (message.kind === 'ready') settle(message.url)
      else if (message.kind === 'asked') asked.push(message)
      // a message for a page that has just gone is lost with it
      else
        void page
          .evaluate((data) => (window as unknown as Bridge).fromStudio(data), message.data)
          .catch(() => undefined)
    })
    void gone.then(() => fail(new Error('the studio ended before it told its address')))
  })
  await page.exposeFunction('toStudio', tell)
  await page.addInitScript(handOver)
  return { url, asked, tell, end: () => (tell({ kind: 'end' }), gone) }
}

interface Bridge {
  toStudio(message: ToStudio): void
  fromStudio(data: string): void
}

// In the page, before its own scripts: what the preload does under Electron.
function handOver(): void {
  const { port1, port2 } = new MessageChannel()
  const bridge = window as unknown as Bridge
  bridge.toStudio({ kind: 'loaded' })
  bridge.fromStudio = (data) => port1.postMessage(data)
  port1.onmessage = ({ data }: MessageEvent<string>) => bridge.toStudio({ kind: 'message', data })
  addEventListener('load', () => window.postMessage('studio:port', location.origin, [port2]))
}
