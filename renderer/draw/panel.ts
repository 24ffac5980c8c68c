// One chart of a run as plain data: the training curve thinned to the width there is, the
// validation points, and the steps in sight. The canvas, the SVG and the CSV of a chart all come
// from this.
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
  /** Whether the raw values are drawn under the smoothed line. */
  raw: boolean
  train: Thinned
  validation: Points
}

/**
 * Columns for a chart that wants one x for all: [steps, low, high, smoothed, validation], null
 * where a column has nothing.
 */
export type AlignedColumns = [
  number[],
  (number | null)[],
  (number | null)[],
  (number | null)[],
  (number | null)[],
]

const finite = (value: number | undefined) =>
  value !== undefined && Number.isFinite(value) ? value : null

export function alignColumns({ train, validation, raw }: Panel): AlignedColumns {
  const out: AlignedColumns = [[], [], [], [], []]
  let i = 0
  let j = 0
  while (i < train.steps.length || j < validation.steps.length) {
    const step = Math.min(train.steps[i] ?? Infinity, validation.steps[j] ?? Infinity)
    const trained = train.steps[i] === step
    const validated = validation.steps[j] === step
    out[0].push(step)
    out[1].push(raw && trained ? finite(train.minimum[i]) : null)
    out[2].push(raw && trained ? finite(train.maximum[i]) : null)
    out[3].push(trained ? finite(train.smoothed[i]) : null)
    out[4].push(validated ? finite(validation.values[j]) : null)
    if (trained) i++
    if (validated) j++
  }
  return out
}

export interface ValueRange {
  low: number
  high: number
  /** The highest value in sight when it lies above `high`: told above the chart, not hidden. */
  beyond: { value: number; step: number } | null
}

/**
 * What the y axis shows of what is drawn; null when nothing is in sight. A linear axis leaves out a
 * few points far above the rest (the first steps of a training, the last ones of one that
 * diverged), so that the rest can be read; a logarithmic one shows everything above 0. xLog: the
 * first steps have room of their own, only a spike is left out.
 */
export function valueRange(panel: Panel, log: boolean, xLog = false): ValueRange | null {
  const { train, validation, from, to } = panel
  const visible = (step: number, value: number) =>
    step >= from && step <= to && Number.isFinite(value) && (!log || value > 0)
  const highs: { step: number; value: number }[] = []
  let low = Infinity
  for (const [i, step] of train.steps.entries()) {
    const [least, most] = panel.raw
      ? [train.minimum[i]!, train.maximum[i]!]
      : [train.smoothed[i]!, train.smoothed[i]!]
    if (visible(step, least)) low = Math.min(low, least)
    if (visible(step, most)) highs.push({ step, value: most })
  }
  for (const [i, step] of validation.steps.entries()) {
    if (!visible(step, validation.values[i]!)) continue
    low = Math.min(low, validation.values[i]!)
    highs.push({ step, value: validation.values[i]! })
  }
  const highest = highs.reduce<{ step: number; value: number } | null>(
    (best, each) => (best && best.value >= each.value ? best : each),
    null,
  )
  if (!highest || low > highest.value) return null
  if (log) return { low: low / 1.04, high: highest.value * 1.04, beyond: null }
  const usual = usualHigh(panel, highs, xLog)
  const beyond =
    highest.value - low > (xLog ? 5 : 1.5) * (usual - low) && usual > low ? highest : null
  const high = beyond ? usual : highest.value
  const margin = (high - low) * 0.05 || Math.abs(high) * 0.05 || 1
  // a loss that comes near 0 is shown from 0
  return {
    low: low > 0 && low - (high - low) * 0.25 < 0 ? 0 : low - margin,
    high: high + margin,
    beyond,
  }
}

// The value that 97 % of the points lie below, the first fiftieth of an even axis left out.
function usualHigh(
  panel: Panel,
  highs: readonly { step: number; value: number }[],
  xLog: boolean,
): number {
  const settled = highs.filter(
    ({ step }) => xLog || step >= panel.from + (panel.to - panel.from) / 50,
  )
  const sorted = (settled.length >= 10 ? settled : highs)
    .map(({ value }) => value)
    .sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * 0.97) - 1)] ?? 0
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
