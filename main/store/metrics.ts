// The training series of a run: blocks of every step and the pyramid over them. Every call that writes is one
// transaction; steps only rise. See pyramid.ts for what a block holds.
import { StudioError } from '../../preload/contract/errors.ts'
import { metricColumns, type Loss, type MetricColumn, type MetricsSeries, type Validation } from '../../preload/contract/records.ts'
import { addEvent } from './events.ts'
import { fromJson, toJson } from './json.ts'
import { inSnapshot, inTransaction, type Store } from './open.ts'
import { blockPoints, condense, decodeInto, encodeBlock, fanOut, laneCount, pointSteps, type Lanes } from './pyramid.ts'
import { sql } from './sql.ts'

/** MetricsSeries with its numbers in memory instead of a Blob. */
export type StoredSeries = Omit<MetricsSeries, 'data'> & { data: Float32Array<ArrayBuffer> }

interface Block {
  block: number
  count: number
  data: Uint8Array
}

/** The newest stored step of a run, 0 when there is none. */
export function lastMetricStep(store: Store, run: string): number {
  const tail = sql<Block>(store, 'SELECT block, count FROM metrics WHERE run = ? AND level = 0 ORDER BY block DESC LIMIT 1').get(run)
  return tail ? tail.block * blockPoints(0) + tail.count : 0
}

/**
 * Appends count consecutive steps from `firstStep`, which has to be the last stored step + 1; each column has count
 * float32. The run's `step` and `last` follow in the same transaction.
 * Throws StudioError `wrong-state` for other steps, `bad-input` for columns of unequal length, `store-failed`.
 */
export function appendMetrics(store: Store, run: string, firstStep: number, columns: Record<MetricColumn, Float32Array>): void {
  const lanes = metricColumns.map((column) => columns[column])
  const count = lanes[0]!.length
  if (lanes.some((lane) => lane.length !== count)) throw new StudioError('bad-input', `Expected columns of equal length, found ${lanes.map((lane) => lane.length).join(', ')}.`)
  if (count === 0) return
  inTransaction(store, () => {
    const expected = lastMetricStep(store, run) + 1
    if (firstStep !== expected) throw new StudioError('wrong-state', `Expected the metrics of run ${run} to go on at step ${expected}, found step ${firstStep}.`, { expected, found: firstStep })
    writePoints(store, run, 0, firstStep - 1, lanes)
    raisePyramid(store, run, firstStep, firstStep + count - 1)
    writeProgress(store, run, firstStep + count - 1, lossAt(lanes, count - 1))
  })
}

/**
 * The series over [fromStep, toStep] in at most `points` points: every step when the stretch is short enough, else
 * minima, maxima and means over stretches of a power of two steps that begin at multiples of their length.
 * data: [column][point] for stepsPerPoint 1, else [column][minimum, maximum, mean][point].
 */
export function readMetrics(store: Store, run: string, range: { fromStep: number; toStep?: number | undefined; points: number }): StoredSeries {
  return inSnapshot(store, () => readSeries(store, run, range))
}

function readSeries(store: Store, run: string, range: Parameters<typeof readMetrics>[2]): StoredSeries {
  const last = lastMetricStep(store, run)
  const from = Math.max(1, range.fromStep)
  const to = Math.min(last, range.toStep ?? last)
  const columns = [...metricColumns]
  if (to < from) return { columns, firstStep: from, stepsPerPoint: 1, count: 0, lastStep: from - 1, data: new Float32Array(0) }
  let stepsPerPoint = 1
  const firstPoint = () => Math.floor((from - 1) / stepsPerPoint)
  const lastPoint = () => Math.floor((to - 1) / stepsPerPoint)
  while (lastPoint() - firstPoint() + 1 > range.points && stepsPerPoint < last) stepsPerPoint *= 2
  const firstStep = firstPoint() * stepsPerPoint + 1
  const lastStep = Math.min(last, (lastPoint() + 1) * stepsPerPoint)
  const lanes = readLanes(store, run, firstStep, lastStep, stepsPerPoint)
  const count = lanes[0]!.length
  const data = new Float32Array(lanes.length * count)
  lanes.forEach((lane, index) => data.set(lane, index * count))
  return { columns, firstStep, stepsPerPoint, count, lastStep, data }
}

/**
 * Takes back everything after `step`: metrics, validations and frames, and what the run's row says of them, in one
 * transaction with the event `replayed`. Returns how many steps were taken back; nothing happens when there are none.
 */
export function rewindMetrics(store: Store, run: string, step: number): number {
  return inTransaction(store, () => {
    const last = lastMetricStep(store, run)
    if (last > step) cutSeries(store, run, step)
    const gone = sql(store, 'DELETE FROM validations WHERE run = ? AND step > ?').run(run, step).changes + sql(store, 'DELETE FROM frames WHERE run = ? AND step > ?').run(run, step).changes
    if (last <= step && gone === 0) return 0
    const tail = readLanes(store, run, step, step, 1)
    writeProgress(store, run, step, step > 0 ? lossAt(tail, 0) : null)
    restoreValidations(store, run)
    addEvent(store, { run, at: Date.now(), step, kind: 'replayed', text: `Goes on from step ${step}; ${Math.max(0, last - step)} later steps are computed again.` })
    return Math.max(0, last - step)
  })
}

/** Up to 60 means of reconstruction + kl over equal stretches of all steps; empty for a run without metrics. */
export function sparkline(store: Store, run: string): number[] {
  return inSnapshot(store, () => readSparkline(store, run))
}

function readSparkline(store: Store, run: string): number[] {
  const last = lastMetricStep(store, run)
  if (last === 0) return []
  // The coarsest level that still has 30 points: a list of a thousand runs reads a few kilobytes of each.
  let level = 0
  while (last / pointSteps(level + 1) >= 30) level++
  const lanes = readPoints(store, run, level, 0, Math.ceil(last / pointSteps(level)))
  const [reconstruction, kl] = level === 0 ? [lanes[0]!, lanes[1]!] : [lanes[2]!, lanes[5]!]
  const stretches = Math.min(60, reconstruction.length)
  const means: number[] = []
  for (let stretch = 0; stretch < stretches; stretch++) {
    let sum = 0
    let points = 0
    for (let point = Math.floor((stretch * reconstruction.length) / stretches); point < Math.floor(((stretch + 1) * reconstruction.length) / stretches); point++) {
      const total = reconstruction[point]! + kl[point]!
      if (!Number.isFinite(total)) continue
      sum += total
      points++
    }
    if (points > 0) means.push(sum / points)
  }
  return means
}

/** Lanes over whole points of `stepsPerPoint` (a power of two) from firstStep (aligned) to lastStep: 3 lanes for 1, else 9. */
function readLanes(store: Store, run: string, firstStep: number, lastStep: number, stepsPerPoint: number): Lanes {
  let level = 0
  // A level exists once it has a whole point.
  while (pointSteps(level + 1) <= Math.min(stepsPerPoint, lastStep)) level++
  const span = pointSteps(level)
  const source = readPoints(store, run, level, Math.floor((firstStep - 1) / span), Math.ceil(lastStep / span))
  return stepsPerPoint === span ? source : condense(source, stepsPerPoint / span, span, lastStep - firstStep + 1)
}

/** Points [from, to) of a level; all of them have to be stored. */
function readPoints(store: Store, run: string, level: number, from: number, to: number): Lanes {
  const size = blockPoints(level)
  const lanes = Array.from({ length: laneCount(level) }, () => new Float32Array(Math.max(0, to - from)))
  const blocks = sql<Block>(store, 'SELECT block, count, data FROM metrics WHERE run = ? AND level = ? AND block BETWEEN ? AND ? ORDER BY block').all(run, level, Math.floor(from / size), Math.floor((to - 1) / size))
  for (const { block, count, data } of blocks) {
    const start = block * size
    const first = Math.max(from, start)
    const end = Math.min(to, start + count)
    if (end > first) decodeInto(lanes, first - from, data, count, first - start, end - start)
  }
  return lanes
}

/** Stores points from `firstPoint` on, keeping what the block has before it and dropping what it has after. */
function writePoints(store: Store, run: string, level: number, firstPoint: number, lanes: Lanes): void {
  const size = blockPoints(level)
  const start = Math.floor(firstPoint / size) * size
  const kept = readPoints(store, run, level, start, firstPoint)
  const whole = lanes.map((lane, index) => {
    const joined = new Float32Array(firstPoint - start + lane.length)
    joined.set(kept[index]!)
    joined.set(lane, firstPoint - start)
    return joined
  })
  const length = whole[0]!.length
  const write = sql(store, 'INSERT INTO metrics (run, level, block, count, data) VALUES (?, ?, ?, ?, ?) ON CONFLICT (run, level, block) DO UPDATE SET count = excluded.count, data = excluded.data')
  for (let from = 0; from < length; from += size) {
    const to = Math.min(length, from + size)
    write.run(run, level, (start + from) / size, to - from, encodeBlock(whole, from, to))
  }
}

/** Brings every level up to date after the steps from `firstStep` to `lastStep` changed. A level exists once it has a whole point. */
function raisePyramid(store: Store, run: string, firstStep: number, lastStep: number): void {
  for (let level = 1; pointSteps(level) <= lastStep; level++) {
    const below = pointSteps(level - 1)
    const firstPoint = Math.floor((firstStep - 1) / pointSteps(level))
    const source = readPoints(store, run, level - 1, firstPoint * fanOut, Math.ceil(lastStep / below))
    writePoints(store, run, level, firstPoint, condense(source, fanOut, below, lastStep - firstPoint * pointSteps(level)))
  }
}

function cutSeries(store: Store, run: string, step: number): void {
  const tail = Math.floor((step - 1) / blockPoints(0))
  sql(store, 'DELETE FROM metrics WHERE run = ? AND level = 0 AND block > ?').run(run, step === 0 ? -1 : tail)
  if (step > 0) {
    const start = tail * blockPoints(0)
    writePoints(store, run, 0, start, readPoints(store, run, 0, start, step))
  }
  for (let level = 1; ; level++) {
    const exists = pointSteps(level) <= step
    const lastBlock = exists ? Math.floor((Math.ceil(step / pointSteps(level)) - 1) / fanOut) : -1
    const { changes } = sql(store, 'DELETE FROM metrics WHERE run = ? AND level = ? AND block > ?').run(run, level, lastBlock)
    if (!exists && changes === 0) break
  }
  // The last point of each level now covers fewer steps, or points past it have to go.
  if (step > 0) raisePyramid(store, run, step, step)
}

function lossAt(lanes: Lanes, index: number): Loss {
  const reconstruction = lanes[0]![index]!
  const kl = lanes[1]![index]!
  return { reconstruction, kl, total: reconstruction + kl }
}

function writeProgress(store: Store, run: string, step: number, last: Loss | null): void {
  const { changes } = sql(store, 'UPDATE runs SET step = ?, last = ? WHERE id = ?').run(step, last && toJson(last), run)
  if (changes === 0) throw new StudioError('not-found', `Expected the run ${run}, but it does not exist any more.`, { reference: run })
}

function restoreValidations(store: Store, run: string): void {
  const pick = (order: string) => sql<{ validation: string }>(store, `SELECT validation FROM validations WHERE run = ? ORDER BY ${order} LIMIT 1`).get(run)?.validation ?? null
  const best = pick('total IS NULL, total, step')
  const usable = best !== null && Number.isFinite((fromJson(best) as Validation).total) ? best : null
  sql(store, 'UPDATE runs SET lastValidation = ?, bestValidation = ? WHERE id = ?').run(pick('step DESC'), usable, run)
}
