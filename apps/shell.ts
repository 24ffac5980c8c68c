// Which shell `npm start` opens, decided from facts alone, and the facts: is there a display, is
// Electron's binary there. `electron` itself is never imported here: its index downloads a binary
// as a side effect.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createRequire } from 'node:module'
import { spawn } from 'node:child_process'

export interface Facts {
  display: boolean
  electron: boolean
  /** `--serve`: the loopback shell even where a window could open. */
  forceServe: boolean
  /** `--no-run`: do not train the tutorial's experiment in an empty store. */
  noRun: boolean
}

export interface Plan {
  /**
   * In this order until one works: the app, one try to fetch its binary, a browser at the loopback
   * address, the address alone.
   */
  shells: ('electron' | 'install-electron' | 'browser' | 'serve')[]
  /**
   * Whether an empty store gets the tutorial's run. With a window the person starts it by its
   * button.
   */
  trainTutorial: boolean
}

export function planStart(facts: Facts): Plan {
  if (!facts.display || facts.forceServe) return { shells: ['serve'], trainTutorial: !facts.noRun }
  if (facts.electron) return { shells: ['electron', 'browser'], trainTutorial: false }
  return { shells: ['install-electron', 'browser'], trainTutorial: false }
}

/**
 * A screen to open a window on. Over ssh, macOS and Windows have none; Linux says so by DISPLAY or
 * WAYLAND_DISPLAY.
 */
export function hasDisplay(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): boolean {
  if (platform === 'linux') return Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY'])
  return !env['SSH_CONNECTION']
}

function electronFolder(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve('electron/package.json'))
  } catch {
    return undefined
  }
}

/** Electron's binary, when it was downloaded. `folder` is where the package lies. */
export function findElectron(folder: string | undefined = electronFolder()): string | undefined {
  if (folder === undefined || !existsSync(join(folder, 'path.txt'))) return undefined
  const binary = join(folder, 'dist', readFileSync(join(folder, 'path.txt'), 'utf8').trim())
  return existsSync(binary) ? binary : undefined
}

/**
 * One try to download Electron's binary; undefined when it did not come within `seconds`. Its
 * progress goes to the terminal.
 */
export async function installElectron(seconds: number): Promise<string | undefined> {
  const folder = electronFolder()
  if (folder === undefined) return undefined
  const child = spawn(process.execPath, [join(folder, 'install.js')], {
    stdio: ['ignore', 'inherit', 'ignore'],
  })
  const timer = setTimeout(() => child.kill(), seconds * 1000)
  await new Promise<void>((settle) =>
    child.once('close', () => settle()).once('error', () => settle()),
  )
  clearTimeout(timer)
  return findElectron(folder)
}

/**
 * Opens an address in the person's browser; the address is printed anyway, so failure is no matter.
 */
export function openBrowser(address: string): void {
  const commands: Partial<Record<NodeJS.Platform, [string, string[]]>> = {
    darwin: ['open', [address]],
    win32: ['cmd', ['/c', 'start', '""', address.replaceAll('&', '^&')]],
  }
  const [command, args] = commands[process.platform] ?? ['xdg-open', [address]]
  spawn(command, args, { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref()
}
