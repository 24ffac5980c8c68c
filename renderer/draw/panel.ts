// One small chart of a run as plain data: the training curve thinned to the width there is, the validation points, and
// what is visible of them. The canvas, the SVG and the CSV of a chart all come from this.
import type { Thinned } from './curve.ts'

export interface Points {
  steps: readonly number[]
  values: readonly number[]
}

export interface Panel {
  /** "Reconstruction", "KL", "Total". */
  title: string
  /** What the y axis counts. */
  unit: string
  /** Visible steps. */
  from: number
  to: number
  train: Thinned
  validation: Points
}

/** Columns for a chart that wants one x for all: [steps, low, high, smoothed, validation], null where a column has nothing. */
export type AlignedColumns = [number[], (number | null)[], (number | null)[], (number | null)[], (number | null)[]]

const finite = (value: number | undefined) => (value !== undefined && Number.isFinite(value) ? value : null)

export function alignColumns({ train, validation }: Panel): AlignedColumns {
  const out: AlignedColumns = [[], [], [], [], []]
  let i = 0
  let j = 0
  while (i < train.steps.length || j < validation.steps.length) {
    const step = Math.min(train.steps[i] ?? Infinity, validation.steps[j] ?? Infinity)
    const trained = train.steps[i] === step
    const validated = validation.steps[j] === step
    out[0].push(step)
    out[1].push(trained ? finite(train.minimum[i]) : null)
    out[2].push(trained ? finite(train.maximum[i]) : null)
    out[3].push(trained ? finite(train.smoothed[i]) : null)
    out[4].push(validated ? finite(validation.values[j]) : null)
    if (trained) i++
    if (validated) j++
  }
  return out
}

/** Smallest and largest value in sight, null when there is none; log keeps what is above 0. */
export function valueRange(panel: Panel, log: boolean): [number, number] | null {
  let low = Infinity
  let high = -Infinity
  const take = (value: number) => {
    if (!Number.isFinite(value) || (log && value <= 0)) return
    if (value < low) low = value
    if (value > high) high = value
  }
  for (let i = 0; i < panel.train.steps.length; i++) {
    if (panel.train.steps[i]! < panel.from || panel.train.steps[i]! > panel.to) continue
    take(panel.train.minimum[i]!)
    take(panel.train.maximum[i]!)
  }
  for (const [i, step] of panel.validation.steps.entries()) if (step >= panel.from && step <= panel.to) take(panel.validation.values[i]!)
  if (low > high) return null
  if (log) return [low / 1.04, high * 1.04]
  const margin = (high - low) * 0.04 || Math.abs(high) * 0.05 || 1
  // a loss that comes near 0 is shown from 0
  return [low > 0 && low - margin < 0 ? 0 : low - margin, high + margin]
}

export interface Reading {
  /** "train, smoothed" */
  name: string
  value: number
  /** Where it was measured, when that is not the step asked for. */
  at: number
}

/** Every series at a step, largest first: the nearest measured point of each. */
export function readings(panel: Panel, step: number): Reading[] {
  const found: Reading[] = []
  const { train, validation } = panel
  if (train.steps.length > 0) {
    const index = nearestIndex(train.steps, step)
    const at = train.steps[index]!
    const low = train.minimum[index]!
    const high = train.maximum[index]!
    found.push({ name: 'train, smoothed', value: train.smoothed[index]!, at })
    if (train.stepsPerPoint === 1) found.push({ name: 'train', value: low, at })
    else found.push({ name: 'train, highest', value: high, at }, { name: 'train, lowest', value: low, at })
  }
  if (validation.steps.length > 0) {
    const index = nearestIndex(validation.steps, step)
    found.push({ name: 'validation', value: validation.values[index]!, at: validation.steps[index]! })
  }
  return found.filter((reading) => Number.isFinite(reading.value)).sort((a, b) => b.value - a.value)
}

/** Index of the value nearest to `wanted` in a rising list of at least one. */
export function nearestIndex(rising: ArrayLike<number>, wanted: number): number {
  let low = 0
  let high = rising.length - 1
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (rising[middle]! <= wanted) low = middle
    else high = middle
  }
  return Math.abs(rising[high]! - wanted) < Math.abs(rising[low]! - wanted) ? high : low
}
