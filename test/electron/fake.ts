// Electron, as far as main and the preload use it, by its documentation (45) and without its
// binary: vitest resolves `electron` to this file. Nothing of ours is imitated. Defaults are
// Electron's own, so that a guard that is missing lets an attack through: every permission granted,
// every navigation done, every window opened, every download saved.
import { EventEmitter } from 'node:events'
import { app } from './fakeApp.ts'
import type { BrowserWindow } from './fakeWindow.ts'
import { state, whenReadyOnly, type MenuEntry } from './fakeState.ts'

export { app } from './fakeApp.ts'
export { BrowserWindow, session } from './fakeWindow.ts'
export { MessageChannelMain, utilityProcess } from './fakeProcess.ts'

export const protocol = {
  registerSchemesAsPrivileged(
    schemes: { scheme: string; privileges: Record<string, boolean> }[],
  ): void {
    if (app.isReady())
      throw new Error('protocol.registerSchemesAsPrivileged should be called before app is ready')
    state.schemes.push(...schemes)
  },
  handle(scheme: string, handler: (request: Request) => Response | Promise<Response>): void {
    whenReadyOnly('protocol.handle')
    if (state.handlers.has(scheme)) throw new Error(`Failed to register protocol: ${scheme}`)
    state.handlers.set(scheme, handler)
  },
}

export const screen = {
  getAllDisplays() {
    whenReadyOnly('screen')
    return state.displays.map((workArea, id) => ({ id, workArea, bounds: workArea }))
  },
}

/**
 * Dialogs answer what the test put into `state.answers`, by name; without an answer the person
 * cancels.
 */
export const dialog = {
  showErrorBox: (title: string, content: string) =>
    void state.shown.push({ kind: 'error', title, content }),
  async showSaveDialog(_window: BrowserWindow, options: object) {
    state.shown.push({ kind: 'save', ...options })
    const filePath = (await state.answers.save?.()) ?? ''
    return { canceled: filePath === '', filePath }
  },
  async showOpenDialog(_window: BrowserWindow, options: object) {
    state.shown.push({ kind: 'open', ...options })
    const filePath = (await state.answers.open?.()) ?? ''
    return { canceled: filePath === '', filePaths: filePath === '' ? [] : [filePath] }
  },
  async showMessageBox(_window: BrowserWindow, options: object) {
    state.shown.push({ kind: 'message', ...options })
    return { response: state.answers.message ?? 0, checkboxChecked: false }
  },
}

export const Menu = {
  buildFromTemplate: (template: MenuEntry[]) => template,
  setApplicationMenu: (menu: MenuEntry[]) => void (state.menu = menu),
}

/** What a page's process has of Electron in its preload; bound to the page that is being loaded. */
export const ipcRenderer = {
  once: (channel: string, listener: (event: { ports: unknown[] }) => void) =>
    void state.preload.once(channel, listener),
  on: (channel: string, listener: (event: { ports: unknown[] }) => void) =>
    void state.preload.on(channel, listener),
  send: (channel: string, ...args: unknown[]) => void state.send(channel, ...args),
}

export const ipcMain = new EventEmitter()

export const shell = {
  openExternal: (url: string) => {
    state.openedOutside.push(url)
    return Promise.resolve()
  },
}
