// The small curve of a run in the list: means of reconstruction + kl over up to 60 equal stretches
// of all steps. It is kept with the run and made anew when the series has grown by a sixtieth, so
// that a list of a thousand long runs reads nothing but their rows, and a running curve lags by
// less than one of its points.
import { readPoints } from './blocks.ts'
import type { Store } from './open.ts'
import { pointSteps } from './pyramid.ts'
import { sql } from './sql.ts'

const most = 60

/**
 * Makes the sparkline anew when `last`, the newest step of the series, is far enough from where it
 * was made. The caller holds the transaction.
 */
export function refreshSparkline(store: Store, run: string, last: number): void {
  const made =
    sql<{ sparklineStep: number }>(store, 'SELECT sparklineStep FROM runs WHERE id = ?').get(run)
      ?.sparklineStep ?? 0
  if (last >= made && last < made * (1 + 1 / most)) return
  const line = Float32Array.from(meansOf(store, run, last))
  sql(store, 'UPDATE runs SET sparkline = ?, sparklineStep = ? WHERE id = ?').run(
    new Uint8Array(line.buffer),
    last,
    run,
  )
}

/** The means of a row's sparkline column. */
export function sparklineOf(stored: unknown): number[] {
  return stored instanceof Uint8Array
    ? Array.from(new Float32Array(Uint8Array.from(stored).buffer))
    : []
}

function meansOf(store: Store, run: string, last: number): number[] {
  // The coarsest level that still has 30 points: little to read, however long the run.
  let level = 0
  while (last / pointSteps(level + 1) >= most / 2) level++
  const lanes = readPoints(store, run, level, 0, Math.ceil(last / pointSteps(level)))
  // Level 0 has one lane a column, the others minimum, maximum and mean.
  const [reconstruction, kl] = level === 0 ? [lanes[0]!, lanes[1]!] : [lanes[2]!, lanes[5]!]
  const stretches = Math.min(most, reconstruction.length)
  const edge = (stretch: number) => Math.floor((stretch * reconstruction.length) / stretches)
  const means: number[] = []
  for (let stretch = 0; stretch < stretches; stretch++) {
    const mean = finiteMean(reconstruction, kl, edge(stretch), edge(stretch + 1))
    if (mean !== null) means.push(mean)
  }
  return means
}

/** Mean of a + b over [from, to), of finite sums only; null when there is none. */
function finiteMean(a: Float32Array, b: Float32Array, from: number, to: number): number | null {
  let sum = 0
  let count = 0
  for (let index = from; index < to; index++) {
    const total = a[index]! + b[index]!
    if (!Number.isFinite(total)) continue
    sum += total
    count++
  }
  return count > 0 ? sum / count : null
}
