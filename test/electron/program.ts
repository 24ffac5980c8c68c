// Starts the real main program against the fake Electron, and loads pages in its window with the
// real preload and the page's own way to take the port. Each program has modules of its own; the
// lock of instances is the machine's.
import { EventEmitter } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import { origin } from '../../main/transport/origin.ts'
import { connectPort, type Client } from '../../preload/contract/client.ts'
import { acceptPort, type MessageSource } from '../../renderer/client/handover.ts'
import { machine } from './fakeState.ts'

type Fake = typeof import('./fake.ts')
type State = (typeof import('./fakeState.ts'))['state']
export type Window = InstanceType<Fake['BrowserWindow']>

export interface Program {
  electron: Fake
  state: State
  folder: string
  /** The only one; undefined when the program ended instead. */
  window: Window
}

const ending: (() => Promise<void> | void)[] = []

export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'latent-electron-'))
  ending.push(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** Ends every program that still runs and removes every folder. */
export async function endAll(): Promise<void> {
  for (const end of ending.splice(0).reverse()) await end()
  machine.locks.clear()
}

export interface Start {
  folder?: string
  args?: string[]
  packaged?: boolean
  /** Before main is loaded. */
  prepare?(state: State, electron: Fake): void
}

/** Resolves when the program is ready and its window has loaded, or when it has ended. */
export async function startProgram(start: Start = {}): Promise<Program> {
  const folder = start.folder ?? temporaryFolder()
  machine.packaged = start.packaged ?? true
  process.env['LATENT_STUDIO_HOME'] = folder
  process.env['LATENT_STUDIO_CACHE'] = join(folder, 'cache')
  process.argv = [process.execPath, '/the/program', ...(start.args ?? [])]
  vi.resetModules()
  const { state } = await import('./fakeState.ts')
  const electron = await import('./fake.ts')
  start.prepare?.(state, electron)
  await import('../../main/index.ts')
  electron.app.becomeReady()
  await vi.waitFor(() => {
    if (state.exited === null && !electron.BrowserWindow.getAllWindows()[0]?.calls.includes('show'))
      throw new Error('not yet')
  })
  ending.push(() => end(electron, state))
  return { electron, state, folder, window: electron.BrowserWindow.getAllWindows()[0]! }
}

async function end(electron: Fake, state: State): Promise<void> {
  electron.app.quit()
  await vi.waitFor(() => expectEnded(state), { timeout: 10_000 })
}

export function expectEnded(state: State): void {
  if (state.exited === null) throw new Error('expected the program to have ended, found it running')
}

/** The main world's window: messages posted to it arrive with it as their source. */
export class Page extends EventTarget implements MessageSource {
  readonly location = { origin }

  postMessage(data: unknown, targetOrigin: string, ports: MessagePort[] = []): void {
    if (targetOrigin === this.location.origin)
      this.receive({ data, ports, source: this, origin: this.location.origin })
  }

  receive(message: { data: unknown; ports: unknown[]; source: unknown; origin: string }): void {
    this.dispatchEvent(Object.assign(new Event('message'), message))
  }

  declare addEventListener: MessageSource['addEventListener'] & EventTarget['addEventListener']
  declare removeEventListener: MessageSource['removeEventListener'] &
    EventTarget['removeEventListener']
}

export interface LoadedPage {
  page: Page
  client: Client
  port: MessagePort
}

let loads = 0

/** Runs the preload in the window's present document, and takes the port as the page does. */
export async function loadPage({ state, window }: Program): Promise<LoadedPage> {
  const page = new Page()
  const taken = acceptPort(page)
  await runPreload(state, window, page)
  const port = await taken
  return { page, port, client: connectPort(port) }
}

/** The preload alone, in the main frame or in another. */
export async function runPreload(
  state: State,
  window: Window,
  page: Page,
  isMainFrame = true,
): Promise<void> {
  const contents = window.webContents
  state.preload = new EventEmitter()
  state.send = (channel, ...args) => contents.receive(channel, contents.mainFrame, ...args)
  Object.assign(globalThis, { window: page })
  Object.assign(process, { isMainFrame })
  loads += 1
  await import(/* @vite-ignore */ `../../preload/index.ts?load=${loads}`)
  page.dispatchEvent(new Event('load'))
  await new Promise((settle) => setTimeout(settle, 5))
}
