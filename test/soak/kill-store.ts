// A writer killed at random moments loses no acknowledged row. `npm run soak -- kill-store [KILLS]
// [SEED]`. Zero failures in n kills bound the rate at 3/n; a kill cannot show a missing fsync
// (test/files/atomic.test.ts does).
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { sha256 } from '../../main/files/atomic.ts'
import { listCheckpoints } from '../../main/store/checkpointRows.ts'
import { listEvents } from '../../main/store/events.ts'
import { lastMetricStep, readMetrics } from '../../main/store/metrics.ts'
import { openStore, runFolder, type Store } from '../../main/store/open.ts'
import { recover } from '../../main/store/recover.ts'
import { readRun } from '../../main/store/runs.ts'
import { randomFrom } from '../store/random.ts'
import { valueAt } from '../store/sample-run.ts'

/** What the writer has said so far. */
interface Acknowledged {
  step: number
  checkpoint: number
  event: number
}

export interface Figures {
  seed: number
  kills: number
  whileOpening: number
  acknowledgedLines: number
  steps: number
  /** Files that a kill left half written or without a row, removed by the recovery. */
  orphans: number
}

const id = 'killed'

/**
 * Kills a writer `kills` times and checks the store after each. Throws an Error that says what was
 * lost.
 */
export async function killMany(kills: number, seed: number, plant = ''): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'latent-kill-'))
  const random = randomFrom(seed)
  const acknowledged: Acknowledged = { step: 0, checkpoint: 0, event: 0 }
  const figures: Figures = {
    seed,
    kills: 0,
    whileOpening: 0,
    acknowledgedLines: 0,
    steps: 0,
    orphans: 0,
  }
  try {
    while (figures.kills < kills) {
      const lines = await writeAndKill(folder, random, plant)
      figures.kills++
      figures.whileOpening += lines.length === 0 ? 1 : 0
      figures.acknowledgedLines += lines.length
      for (const line of lines) acknowledge(acknowledged, line)
      const store = openStore(folder)
      try {
        figures.orphans += check(store, acknowledged)
        figures.steps = acknowledged.step
      } finally {
        store.close()
      }
    }
  } catch (error) {
    throw new Error(
      `after kill ${figures.kills} of seed ${seed}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return figures
}

/**
 * Whole lines that the writer said before it was killed, a quarter of the time while it was still
 * opening the store.
 */
async function writeAndKill(
  folder: string,
  random: () => number,
  plant: string,
): Promise<string[]> {
  const child = spawn(
    process.execPath,
    [
      join(import.meta.dirname, '../store/killed-writer.ts'),
      folder,
      String(Math.floor(random() * 2 ** 31)),
      plant,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const lines: string[] = []
  const reader = createInterface(child.stdout)
  const closed = once(reader, 'close')
  const exited = once(child, 'exit')
  reader.on('line', (line) => lines.push(line))
  if (random() < 0.25) await sleep(60 + random() * 200)
  else {
    await Promise.race([once(reader, 'line'), exited])
    await sleep(random() * 250)
  }
  child.kill('SIGKILL')
  const [code] = (await exited) as [number | null]
  await closed
  if (code !== null) throw new Error(`the writer ended by itself with code ${code}`)
  return lines
}

function acknowledge(acknowledged: Acknowledged, line: string): void {
  const [what, number] = line.split(' ') as [string, string]
  const value = Number(number)
  if (what === 'open' && value < acknowledged.step)
    throw new Error(`the writer opened at step ${value}, acknowledged was ${acknowledged.step}`)
  // Between "rewinding" and "rewound" both states are right: only the lower step is certain.
  if (what === 'open' || what === 'step' || what === 'rewinding' || what === 'rewound')
    acknowledged.step = value
  if (what === 'checkpoint') acknowledged.checkpoint = value
  if (what === 'event') acknowledged.event = value
}

/**
 * Compares the store with what was acknowledged and recovers it; returns how many orphaned files
 * that removed.
 */
function check(store: Store, acknowledged: Acknowledged): number {
  const integrity: unknown = store.database.pragma('integrity_check', { simple: true })
  if (integrity !== 'ok') throw new Error(`integrity_check says ${String(integrity)}`)
  const run = readRun(store, id)
  if (!run) {
    if (acknowledged.step > 0) throw new Error('the run is gone')
    return 0
  }
  const last = lastMetricStep(store, id)
  if (last < acknowledged.step)
    throw new Error(`step ${acknowledged.step} was acknowledged, the series ends at ${last}`)
  if (run.step !== last)
    throw new Error(`the run says step ${run.step}, its series ends at ${last}`)
  checkSeries(store, last)
  checkFiles(store, acknowledged)
  const events = listEvents(store, id).map((event) => event.id)
  if (acknowledged.event > 0 && !events.includes(acknowledged.event))
    throw new Error(`event ${acknowledged.event} is gone`)
  const { interrupted, orphans, missing } = recover(store)
  if (missing.length > 0) throw new Error(`rows without files: ${JSON.stringify(missing)}`)
  if (run.status === 'running' && !interrupted.includes(id))
    throw new Error('a running run was not interrupted')
  // The event of a recovery comes after all acknowledged ones.
  acknowledged.step = last
  return orphans.length
}

function checkSeries(store: Store, last: number): void {
  const { data, count } = readMetrics(store, id, { fromStep: 1, points: 1e9 })
  if (count !== last) throw new Error(`expected ${last} steps, found ${count}`)
  for (let column = 0; column < 3; column++)
    for (let step = 1; step <= last; step++)
      if (data[column * count + step - 1] !== valueAt(column, step))
        throw new Error(`column ${column} of step ${step} has another value`)
  const thin = readMetrics(store, id, { fromStep: 1, points: 300 })
  if (thin.stepsPerPoint === 1) return
  for (let point = 0; point < thin.count; point++) {
    const steps = data.subarray(
      point * thin.stepsPerPoint,
      Math.min(count, (point + 1) * thin.stepsPerPoint),
    )
    const [minimum, maximum] = [
      steps.reduce((a, b) => Math.min(a, b)),
      steps.reduce((a, b) => Math.max(a, b)),
    ]
    if (thin.data[point] !== minimum || thin.data[thin.count + point] !== maximum)
      throw new Error(`point ${point} of the pyramid differs from its steps`)
  }
}

function checkFiles(store: Store, acknowledged: Acknowledged): void {
  const checkpoints = listCheckpoints(store, id)
  if (
    acknowledged.checkpoint > 0 &&
    !checkpoints.some(({ step }) => step >= acknowledged.checkpoint)
  )
    throw new Error(`the checkpoint of step ${acknowledged.checkpoint} is gone`)
  for (const { file, sha256: expected } of checkpoints) {
    const found = sha256(readFileSync(join(runFolder(store, id), file)))
    if (found !== expected) throw new Error(`${file} has sha256 ${found}, its row says ${expected}`)
  }
}

export async function run(args: string[]): Promise<void> {
  const kills = Number(args[0] ?? 50)
  const seed = Number(args[1] ?? Date.now() % 2 ** 31)
  if (!Number.isInteger(kills) || kills < 1 || !Number.isInteger(seed))
    throw new Error(`expected [KILLS] [SEED], found ${args.join(' ')}`)
  console.log(`kill-store: seed ${seed}, ${kills} kills`)
  const figures = await killMany(kills, seed)
  console.log(
    `${figures.kills} kills (${figures.whileOpening} while opening): 0 of ${figures.acknowledgedLines} acknowledged writes lost, integrity ok; ${figures.steps} steps, ${figures.orphans} orphaned files removed`,
  )
  console.log(`95 % bound on the rate of losses: ${(300 / figures.kills).toFixed(1)} %`)
}
