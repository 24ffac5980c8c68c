// Where the window was and how large, kept in a small file. What is read back is checked against
// the screens of now: a damaged file, a size that no screen has, a screen that is gone, all give a
// window that can be seen and moved.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'

/**
 * Pixels that do not depend on the screen's density, y downwards, the main screen's corner at 0, 0.
 */
export interface Rectangle {
  x: number
  y: number
  width: number
  height: number
}

export interface WindowState {
  /** Missing centres a window of the default size. */
  bounds?: Rectangle
  maximised: boolean
}

export const smallest = { width: 800, height: 600 }
export const usual = { width: 1440, height: 900 }

/** Of the window's upper edge, by which a person can drag it: so much has to lie on a screen. */
const handle = { width: 120, height: 24 }

const whole = z.number().int().min(-100_000).max(100_000)
const stateFile = z.object({
  bounds: z.object({ x: whole, y: whole, width: whole, height: whole }),
  maximised: z.boolean(),
})

/**
 * What was kept, made to fit `screens` (their areas without docks and task bars); the default when
 * nothing usable was.
 */
export function readWindowState(file: string, screens: readonly Rectangle[]): WindowState {
  try {
    const { bounds, maximised } = stateFile.parse(JSON.parse(readFileSync(file, 'utf8')))
    const fitting = fitBounds(bounds, screens)
    return fitting === null ? { maximised } : { bounds: fitting, maximised }
  } catch {
    return { maximised: false }
  }
}

/** A state that cannot be kept is not worth a message: the next window is centred. */
export function keepWindowState(file: string, bounds: Rectangle, maximised: boolean): void {
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(`${file}.tmp`, `${JSON.stringify({ bounds, maximised })}\n`)
    renameSync(`${file}.tmp`, file)
  } catch {
    // see above
  }
}

/**
 * The bounds at a size that the screen under them has; null when no screen shows enough of them to
 * take hold of.
 */
export function fitBounds(bounds: Rectangle, screens: readonly Rectangle[]): Rectangle | null {
  const grip = { ...bounds, height: handle.height }
  const screen = screens.find((each) => {
    const shared = overlap(grip, each)
    return shared.width >= handle.width && shared.height >= handle.height
  })
  if (!screen || bounds.width <= 0 || bounds.height <= 0) return null
  const fit = (side: 'width' | 'height') =>
    Math.min(Math.max(bounds[side], smallest[side]), Math.max(screen[side], smallest[side]))
  return { x: bounds.x, y: bounds.y, width: fit('width'), height: fit('height') }
}

function overlap(a: Rectangle, b: Rectangle): { width: number; height: number } {
  return {
    width: Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x),
    height: Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y),
  }
}
