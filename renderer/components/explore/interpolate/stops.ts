// The stops of an interpolation as the address writes them: `points=test:12_class:3_z:0.5,-1.2`.
import type { Split } from '../../../../preload/contract/records.ts'

export type Stop =
  | { kind: 'image'; split: Split; index: number }
  /** The mean code of a class. */
  | { kind: 'class'; label: number }
  | { kind: 'point'; z: readonly number[] }

export const mostStops = 12
export const stepLimits = { least: 2, most: 60, usual: 10 }
const splits: readonly string[] = ['train', 'validation', 'test']
const between = '_'

/** What the address says; null when it says nothing. What is no stop is left out. */
export function parseStops(text: string | undefined): Stop[] | null {
  if (text === undefined) return null
  const stops = text.split(between).map(parseStop)
  return stops.filter((stop) => stop !== null).slice(0, mostStops)
}

function parseStop(text: string): Stop | null {
  const [kind = '', rest = ''] = text.split(':', 2)
  if (kind === 'z') {
    const z = rest.split(',').map((part) => (part === '' ? NaN : Number(part)))
    return z.every(Number.isFinite) ? { kind: 'point', z } : null
  }
  if (!/^\d{1,9}$/.test(rest)) return null
  if (kind === 'class') return { kind, label: Number(rest) }
  return splits.includes(kind) ? { kind: 'image', split: kind as Split, index: Number(rest) } : null
}

/** The stops for the address; "none" keeps an emptied list apart from one that was never made. */
export function stopsText(stops: readonly Stop[]): string {
  return stops.length === 0 ? 'none' : stops.map(stopText).join(between)
}

export function stopText(stop: Stop): string {
  if (stop.kind === 'image') return `${stop.split}:${stop.index}`
  if (stop.kind === 'class') return `class:${stop.label}`
  // a ten-thousandth is far below what a picture shows
  return `z:${stop.z.map((value) => Number(value.toFixed(4))).join(',')}`
}

/** What people call it. */
export function stopName(stop: Stop, classes: readonly string[]): string {
  if (stop.kind === 'image') return `${stop.split} ${stop.index.toLocaleString('en-US')}`
  if (stop.kind === 'class') return `mean of class ${classes[stop.label] ?? stop.label}`
  const shown = stop.z.slice(0, 3).map((value) => Number(value.toFixed(2)))
  return `z = (${shown.join(', ')}${stop.z.length > 3 ? ', …' : ''})`.replaceAll('-', '−')
}

/** A copy with the stop at one place moved to another. */
export function movedStop(stops: readonly Stop[], from: number, to: number): Stop[] {
  const next = [...stops]
  next.splice(to, 0, ...next.splice(from, 1))
  return next
}
