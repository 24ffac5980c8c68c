// The training series of a run: blocks of every step and the pyramid over them. Every call that
// writes is one transaction; steps only rise. See pyramid.ts for what a block holds.
import { StudioError } from '../../preload/contract/errors.ts'
import { damagedSteps } from '../../preload/contract/damagedSteps.ts'
import {
  metricColumns,
  type Loss,
  type MetricColumn,
  type MetricsSeries,
  type StepRange,
  type Validation,
} from '../../preload/contract/records.ts'
import { cutSeries, raisePyramid, readPoints, writePoints } from './blocks.ts'
import { addEvent } from './events.ts'
import { fromRow, toJson } from './numberJson.ts'
import { inSnapshot, inTransaction, type Store } from './open.ts'
import { blockPoints, condense, pointSteps, type Lanes } from './pyramid.ts'
import { refreshSparkline } from './sparkline.ts'
import { sql } from './sql.ts'

/** MetricsSeries with its numbers in memory instead of bytes. */
export type StoredSeries = Omit<MetricsSeries, 'data'> & { data: Float32Array<ArrayBuffer> }

/** The newest stored step of a run, 0 when there is none. */
export function lastMetricStep(store: Store, run: string): number {
  const tail = sql<{ block: number; count: number }>(
    store,
    'SELECT block, count FROM metrics WHERE run = ? AND level = 0 ORDER BY block DESC LIMIT 1',
  ).get(run)
  return tail ? tail.block * blockPoints(0) + tail.count : 0
}

/**
 * Appends count consecutive steps from `firstStep`, which has to be the last stored step + 1; each
 * column has count float32. The run's `step` and `last` follow in the same transaction. Throws
 * StudioError `wrong-state` for other steps, `bad-input` for columns of unequal length,
 * `store-failed`.
 */
export function appendMetrics(
  store: Store,
  run: string,
  firstStep: number,
  columns: Record<MetricColumn, Float32Array>,
): void {
  const lanes = metricColumns.map((column) => columns[column])
  const count = lanes[0]!.length
  if (lanes.some((lane) => lane.length !== count))
    throw new StudioError(
      'bad-input',
      `Expected columns of equal length, found ${lanes.map((lane) => lane.length).join(', ')}.`,
    )
  if (count === 0) return
  inTransaction(store, () => {
    const expected = lastMetricStep(store, run) + 1
    if (firstStep !== expected)
      throw new StudioError(
        'wrong-state',
        `Expected the metrics of run ${run} to go on at step ${expected}, found step ${firstStep}.`,
        { expected, found: firstStep },
      )
    writePoints(store, run, 0, firstStep - 1, lanes)
    raisePyramid(store, run, firstStep, firstStep + count - 1)
    refreshSparkline(store, run, firstStep + count - 1)
    writeProgress(store, run, firstStep + count - 1, lossAt(lanes, count - 1))
  })
}

/**
 * The series over [fromStep, toStep] in at most `points` points: every step when the stretch is
 * short enough, else minima, maxima and means over stretches of a power of two steps that begin at
 * multiples of their length. data: [column][point] for stepsPerPoint 1, else [column][minimum,
 * maximum, mean][point].
 */
export function readMetrics(
  store: Store,
  run: string,
  range: { fromStep: number; toStep?: number | undefined; points: number },
): StoredSeries {
  return inSnapshot(store, () => readSeries(store, run, range))
}

// Where the end of the series is damaged the run's row still knows its steps: they are lost, and
// are not left unsaid. A row that tells of many more steps than there are belongs to a run that
// came without its metrics, or is damaged itself.
function seriesEnd(store: Store, run: string): number {
  const tail = lastMetricStep(store, run)
  const step =
    sql<{ step: number }>(store, 'SELECT step FROM runs WHERE id = ?').get(run)?.step ?? 0
  return tail > 0 && step > tail && step - tail <= 2 * blockPoints(0) ? step : tail
}

function readSeries(
  store: Store,
  run: string,
  range: Parameters<typeof readMetrics>[2],
): StoredSeries {
  const last = seriesEnd(store, run)
  const from = Math.max(1, range.fromStep)
  const to = Math.min(last, range.toStep ?? last)
  const columns = [...metricColumns]
  if (to < from)
    return {
      columns,
      firstStep: from,
      stepsPerPoint: 1,
      count: 0,
      lastStep: from - 1,
      damaged: [],
      data: new Float32Array(0),
    }
  let stepsPerPoint = 1
  const firstPoint = () => Math.floor((from - 1) / stepsPerPoint)
  const lastPoint = () => Math.floor((to - 1) / stepsPerPoint)
  while (lastPoint() - firstPoint() + 1 > range.points && stepsPerPoint < last) stepsPerPoint *= 2
  const firstStep = firstPoint() * stepsPerPoint + 1
  const lastStep = Math.min(last, (lastPoint() + 1) * stepsPerPoint)
  const damaged: StepRange[] = []
  const lanes = readLanes(store, run, firstStep, lastStep, stepsPerPoint, damaged)
  const count = lanes[0]!.length
  const data = new Float32Array(lanes.length * count)
  lanes.forEach((lane, index) => data.set(lane, index * count))
  return { columns, firstStep, stepsPerPoint, count, lastStep, damaged, data }
}

/**
 * Takes back everything after `step`: metrics, validations and frames, and what the run's row says
 * of them, in one transaction with the event `replayed`. Returns how many steps were taken back;
 * nothing happens when there are none.
 */
export function rewindMetrics(store: Store, run: string, step: number): number {
  return inTransaction(store, () => {
    const last = lastMetricStep(store, run)
    if (last > step) cutSeries(store, run, step)
    const gone =
      sql(store, 'DELETE FROM validations WHERE run = ? AND step > ?').run(run, step).changes +
      sql(store, 'DELETE FROM frames WHERE run = ? AND step > ?').run(run, step).changes
    if (last <= step && gone === 0) return 0
    const tail = readLanes(store, run, step, step, 1)
    writeProgress(store, run, step, step > 0 ? lossAt(tail, 0) : null)
    restoreValidations(store, run)
    refreshSparkline(store, run, step)
    addEvent(store, {
      run,
      at: Date.now(),
      step,
      kind: 'replayed',
      text: `Continues from step ${step}; ${Math.max(0, last - step)} later steps are computed again.`,
    })
    return Math.max(0, last - step)
  })
}

/**
 * For a run that goes on at `step` although its series ends earlier (its database was lost, or it
 * came without metrics): the steps between have no values, which an event says. Nothing happens
 * when there are none. The caller holds the transaction.
 */
export function skipLostSteps(store: Store, run: string, step: number): void {
  const last = lastMetricStep(store, run)
  if (last >= step) return
  // blocks that are missing are read as damaged, so only the one that the next step adds to is
  // written
  const first = Math.max(last, Math.floor((step - 1) / blockPoints(0)) * blockPoints(0))
  const none = metricColumns.map(() => new Float32Array(step - first).fill(NaN))
  writePoints(store, run, 0, first, none)
  raisePyramid(store, run, first + 1, step)
  writeProgress(store, run, step, null)
  addEvent(store, {
    run,
    at: Date.now(),
    step,
    kind: 'note',
    text: damagedSteps([{ firstStep: last + 1, lastStep: step }]),
  })
}

/**
 * Lanes over whole points of `stepsPerPoint` (a power of two) from firstStep (aligned) to lastStep:
 * 3 lanes for 1, else 9.
 */
function readLanes(
  store: Store,
  run: string,
  firstStep: number,
  lastStep: number,
  stepsPerPoint: number,
  damaged: StepRange[] = [],
): Lanes {
  let level = 0
  // A level exists once it has a whole point.
  while (pointSteps(level + 1) <= Math.min(stepsPerPoint, lastStep)) level++
  const span = pointSteps(level)
  const source = readPoints(
    store,
    run,
    level,
    Math.floor((firstStep - 1) / span),
    Math.ceil(lastStep / span),
    (from, to) =>
      damaged.push({ firstStep: from * span + 1, lastStep: Math.min(lastStep, to * span) }),
  )
  return stepsPerPoint === span
    ? source
    : condense(source, stepsPerPoint / span, span, lastStep - firstStep + 1)
}

function lossAt(lanes: Lanes, index: number): Loss {
  const reconstruction = lanes[0]![index]!
  const kl = lanes[1]![index]!
  return { reconstruction, kl, total: reconstruction + kl }
}

function writeProgress(store: Store, run: string, step: number, last: Loss | null): void {
  const { changes } = sql(store, 'UPDATE runs SET step = ?, last = ? WHERE id = ?').run(
    step,
    last && toJson(last),
    run,
  )
  if (changes === 0)
    throw new StudioError(
      'not-found',
      `Expected the run ${run}, found none: it no longer exists.`,
      { reference: run },
    )
}

function restoreValidations(store: Store, run: string): void {
  const pick = (order: string) =>
    sql<{ validation: string }>(
      store,
      `SELECT validation FROM validations WHERE run = ? ORDER BY ${order} LIMIT 1`,
    ).get(run)?.validation ?? null
  const best = pick('total IS NULL, total, step')
  const usable = best !== null && Number.isFinite((fromRow(best) as Validation).total) ? best : null
  sql(store, 'UPDATE runs SET lastValidation = ?, bestValidation = ? WHERE id = ?').run(
    pick('step DESC'),
    usable,
    run,
  )
}
