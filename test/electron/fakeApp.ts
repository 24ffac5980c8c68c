// The fake's `app`: ready, paths, the instance lock, and how quitting goes: before-quit may be
// prevented, then windows close, then will-quit, then the process ends and its utility processes
// with it.
import { EventEmitter } from 'node:events'
import { existsSync } from 'node:fs'
import { machine, passes, Preventable, state, openWindows } from './fakeState.ts'

class App extends EventEmitter {
  #resolve: () => void = () => undefined
  readonly #ready = new Promise<void>((resolve) => (this.#resolve = resolve))

  /**
   * Called by the test once the program's own module has been evaluated: never sooner, as
   * documented.
   */
  becomeReady(): void {
    if (state.exited !== null || state.quitting) return
    state.ready = true
    this.emit('ready', {})
    this.#resolve()
  }

  get isPackaged(): boolean {
    return machine.packaged
  }

  isReady(): boolean {
    return state.ready
  }

  whenReady(): Promise<void> {
    return this.#ready
  }

  setPath(name: string, path: string): void {
    if (!existsSync(path)) throw new Error(`Failed to set path '${name}': it does not exist`)
    state.paths.set(name, path)
  }

  getPath(name: string): string {
    return state.paths.get(name) ?? `/${name}`
  }

  enableSandbox(): void {
    if (state.ready) throw new Error('app.enableSandbox can only be called before app is ready')
    state.sandboxed = true
  }

  requestSingleInstanceLock(data: unknown = {}): boolean {
    const folder = this.getPath('userData')
    const holder = machine.locks.get(folder)
    if (holder) {
      holder(structuredClone(data))
      return false
    }
    machine.locks.set(
      folder,
      (handed) => void this.#ready.then(() => this.emit('second-instance', {}, [], '/', handed)),
    )
    return true
  }

  relaunch(options: { args?: string[] } = {}): void {
    state.relaunches.push(options)
  }

  quit(): void {
    if (state.exited !== null) return
    if (!passes(this, 'before-quit', new Preventable())) return
    state.quitting = true
    for (const window of [...openWindows]) window.close()
    if (openWindows.size > 0) {
      state.quitting = false
      return
    }
    if (passes(this, 'will-quit', new Preventable())) this.#end(0)
  }

  exit(code = 0): void {
    for (const window of [...openWindows]) window.destroy()
    this.#end(code)
  }

  /** Called by the window that was the last. */
  lastWindowClosed(): void {
    if (state.quitting) return
    if (!this.emit('window-all-closed')) this.quit()
  }

  #end(code: number): void {
    if (state.exited !== null) return
    state.exited = code
    machine.locks.delete(this.getPath('userData'))
    for (const child of state.children) child.endNow()
    this.emit('quit', {}, code)
  }
}

export const app = new App()
