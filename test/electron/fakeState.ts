// What the fake Electron remembers: per program what it registered and showed, and, across programs
// on one machine, who holds which lock. Programs of one test file live in one process, each with
// modules of its own.
import { EventEmitter } from 'node:events'

export interface MenuEntry {
  label?: string
  role?: string
  type?: string
  accelerator?: string
  submenu?: MenuEntry[]
  click?: () => void
}

/** What the app does to every open window when it ends. */
export interface OpenWindow {
  close(): void
  destroy(): void
}
export const openWindows = new Set<OpenWindow>()

export interface Box {
  x: number
  y: number
  width: number
  height: number
}

/** Of one program: the modules are loaded anew for each. */
export const state = {
  ready: false,
  /** null while it runs, else its exit code. */
  exited: null as number | null,
  quitting: false,
  sandboxed: false,
  paths: new Map<string, string>(),
  schemes: [] as { scheme: string; privileges: Record<string, boolean> }[],
  handlers: new Map<string, (request: Request) => Response | Promise<Response>>(),
  displays: [{ x: 0, y: 0, width: 1920, height: 1040 }] as Box[],
  shown: [] as ({ kind: string } & Record<string, unknown>)[],
  answers: {} as {
    save?: () => Promise<string> | string
    open?: () => Promise<string> | string
    message?: number
  },
  menu: [] as MenuEntry[],
  relaunches: [] as { args?: string[] }[],
  openedOutside: [] as string[],
  /** Requests of pages that would have left for the network. */
  sentOutside: [] as string[],
  /** The listeners of the preload that is being loaded, and its way to main. */
  preload: new EventEmitter(),
  send: (_channel: string, ..._args: unknown[]): void => undefined,
  /** Live utility processes: they end with their program. */
  children: new Set<{ endNow(): void }>(),
}

interface Machine {
  packaged: boolean
  /** By the folder of userData: how to reach the instance that holds the lock. */
  locks: Map<string, (data: unknown) => void>
}

const key = Symbol.for('fake electron machine')
const shared = globalThis as unknown as Record<symbol, Machine | undefined>
export const machine: Machine = (shared[key] ??= { packaged: true, locks: new Map() })

export function whenReadyOnly(what: string): void {
  if (!state.ready) throw new Error(`${what} can only be used after the 'ready' event of app`)
}

/** An event that can be prevented, as Electron's. */
export class Preventable {
  defaultPrevented = false
  preventDefault(): void {
    this.defaultPrevented = true
  }
}

/** Emits and says whether nobody prevented it. */
export function passes(
  emitter: EventEmitter,
  name: string,
  event: Preventable,
  ...args: unknown[]
): boolean {
  emitter.emit(name, event, ...args)
  return !event.defaultPrevented
}
