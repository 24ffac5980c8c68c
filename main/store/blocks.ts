// The rows of the training series: points of any level read and written as blocks, and the pyramid
// kept true to the steps below it. Callers hold the transaction.
import { damagedSteps } from '../../preload/contract/damagedSteps.ts'
import type { StepRange } from '../../preload/contract/records.ts'
import { checksum, isWhole } from './checksums.ts'
import { addEvent } from './events.ts'
import type { Store } from './open.ts'
import {
  blockPoints,
  condense,
  decodeInto,
  encodeBlock,
  fanOut,
  laneCount,
  pointSteps,
  type Lanes,
} from './pyramid.ts'
import { sql } from './sql.ts'

interface Block {
  block: number
  count: number
  data: Uint8Array
  crc: number | null
}

/** Told of points [from, to) that are damaged or gone. */
export type OnDamage = (from: number, to: number) => void

/** Points [from, to) of a level. Those of a block that is damaged or missing are NaN. */
export function readPoints(
  store: Store,
  run: string,
  level: number,
  from: number,
  to: number,
  onDamage: OnDamage = () => undefined,
): Lanes {
  const size = blockPoints(level)
  const lanes = Array.from(
    { length: laneCount(level) },
    () => new Float32Array(Math.max(0, to - from)),
  )
  const lost = (first: number, end: number) => {
    if (end <= first) return
    for (const lane of lanes) lane.fill(NaN, first - from, end - from)
    onDamage(first, end)
  }
  const blocks = sql<Block>(
    store,
    'SELECT block, count, data, crc FROM metrics WHERE run = ? AND level = ? AND block BETWEEN ? AND ? ORDER BY block',
  ).all(run, level, Math.floor(from / size), Math.floor((to - 1) / size))
  let next = from
  for (const { block, count, data, crc } of blocks) {
    const start = block * size
    const first = Math.max(from, start)
    lost(next, first)
    const whole =
      data instanceof Uint8Array &&
      data.length === count * lanes.length * 4 &&
      count <= size &&
      isWhole(data, [run, level, block, count], crc)
    // how many points a damaged block had, nobody knows: it is lost up to where the next one begins
    const end = Math.min(to, start + (whole ? count : size))
    if (whole && end > first)
      decodeInto(lanes, first - from, data, count, first - start, end - start)
    else lost(first, end)
    next = Math.max(next, end)
  }
  lost(next, to)
  return lanes
}

/**
 * Stores points from `firstPoint` on, keeping what the block has before it and dropping what it has
 * after.
 */
export function writePoints(
  store: Store,
  run: string,
  level: number,
  firstPoint: number,
  lanes: Lanes,
): void {
  const size = blockPoints(level)
  const start = Math.floor(firstPoint / size) * size
  const lost: StepRange[] = []
  const kept = readPoints(store, run, level, start, firstPoint, (from, to) =>
    lost.push({ firstStep: from + 1, lastStep: to }),
  )
  // the block gets a new checksum below: from then on only this event says that values are missing
  if (level === 0 && lost.length > 0)
    addEvent(store, {
      run,
      at: Date.now(),
      step: firstPoint,
      kind: 'note',
      text: damagedSteps(lost),
    })
  const whole = lanes.map((lane, index) => {
    const joined = new Float32Array(firstPoint - start + lane.length)
    joined.set(kept[index]!)
    joined.set(lane, firstPoint - start)
    return joined
  })
  const length = whole[0]!.length
  const write = sql(
    store,
    'INSERT INTO metrics (run, level, block, count, data, crc) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (run, level, block) DO UPDATE SET count = excluded.count, data = excluded.data, crc = excluded.crc',
  )
  for (let from = 0; from < length; from += size) {
    const to = Math.min(length, from + size)
    const data = encodeBlock(whole, from, to)
    const row = [run, level, (start + from) / size, to - from]
    write.run(...row, data, checksum(data, row))
  }
}

/**
 * Brings every level up to date after the steps from `firstStep` to `lastStep` changed. A level
 * exists once it has a whole point.
 */
export function raisePyramid(store: Store, run: string, firstStep: number, lastStep: number): void {
  for (let level = 1; pointSteps(level) <= lastStep; level++) {
    const below = pointSteps(level - 1)
    const firstPoint = Math.floor((firstStep - 1) / pointSteps(level))
    const source = readPoints(
      store,
      run,
      level - 1,
      firstPoint * fanOut,
      Math.ceil(lastStep / below),
    )
    writePoints(
      store,
      run,
      level,
      firstPoint,
      condense(source, fanOut, below, lastStep - firstPoint * pointSteps(level)),
    )
  }
}

/** Drops every step after `step`, and what the levels above say of them. */
export function cutSeries(store: Store, run: string, step: number): void {
  const tail = Math.floor((step - 1) / blockPoints(0))
  sql(store, 'DELETE FROM metrics WHERE run = ? AND level = 0 AND block > ?').run(
    run,
    step === 0 ? -1 : tail,
  )
  if (step > 0) {
    const start = tail * blockPoints(0)
    writePoints(store, run, 0, start, readPoints(store, run, 0, start, step))
  }
  for (let level = 1; ; level++) {
    const exists = pointSteps(level) <= step
    const lastBlock = exists ? Math.floor((Math.ceil(step / pointSteps(level)) - 1) / fanOut) : -1
    const { changes } = sql(
      store,
      'DELETE FROM metrics WHERE run = ? AND level = ? AND block > ?',
    ).run(run, level, lastBlock)
    if (!exists && changes === 0) break
  }
  // The last point of each level now covers fewer steps, or points past it have to go.
  if (step > 0) raisePyramid(store, run, step, step)
}
