// Reading a store of many long runs: `npm run soak -- big-store [RUNS] [STEPS]` (1,000 runs of
// 100,000 steps, 2.2 GB). Prints the times of the run list, of comparing 20 runs and of small
// writes; fails when a list or a comparison is wrong.
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { appendMetrics, readMetrics } from '../../main/store/metrics.ts'
import { databaseFile, openReadOnly, openStore, type Store } from '../../main/store/open.ts'
import { openReader } from '../../main/store/reader.ts'
import { deleteRunForever, insertRun, listRuns } from '../../main/store/runs.ts'
import { sampleRun, seriesFrom } from '../store/sample-run.ts'

/** A falling loss with noise, the same for every run but for its height. */
function columns(steps: number, height: number): Parameters<typeof appendMetrics>[3] {
  const noise = seriesFrom(1, steps)
  const falling = noise.reconstruction.map(
    (value, index) => height + 100 / (1 + index / 1000) + value / 50,
  )
  return { reconstruction: falling, kl: falling.map((value) => value / 20), objective: falling }
}

function fill(store: Store, runs: number, steps: number): string[] {
  const base = columns(steps, 100)
  const ids: string[] = []
  for (let index = 0; index < runs; index++) {
    const run = sampleRun({
      name: `run ${index}`,
      createdAt: index,
      status: 'finished',
      colour: index % 10,
    })
    base.reconstruction[steps - 1] = index
    insertRun(store, run)
    appendMetrics(store, run.id, 1, base)
    ids.push(run.id)
  }
  return ids
}

/** Milliseconds of the first call and of the median of ten more. */
async function timed(work: () => unknown): Promise<string> {
  const times: number[] = []
  for (let turn = 0; turn < 11; turn++) {
    const start = performance.now()
    await work()
    times.push(performance.now() - start)
  }
  const median = times.slice(1).sort((a, b) => a - b)[5]!
  return `first ${times[0]!.toFixed(1)} ms, then ${median.toFixed(1)} ms`
}

export async function run(args: string[]): Promise<void> {
  const [runs, steps] = [Number(args[0] ?? 1000), Number(args[1] ?? 100_000)]
  const folder = mkdtempSync(join(tmpdir(), 'latent-big-'))
  try {
    const store = openStore(folder)
    const start = performance.now()
    const ids = fill(store, runs, steps)
    store.database.pragma('wal_checkpoint(TRUNCATE)')
    const bytes = statSync(databaseFile(folder)).size
    console.log(
      `${runs} runs of ${steps} steps: written in ${((performance.now() - start) / 1000).toFixed(1)} s, ${(bytes / 1e6).toFixed(0)} MB, ${(bytes / runs / steps).toFixed(1)} bytes a step`,
    )
    await measure(store, folder, ids, steps)
    store.close()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measure(store: Store, folder: string, ids: string[], steps: number): Promise<void> {
  const fresh = openReadOnly(folder)
  console.log(
    `run list, in the calling thread: ${await timed(() => listRuns(fresh, { deleted: false }))}`,
  )
  fresh.close()
  const reader = openReader(store)
  console.log(
    `run list, through the reader's thread: ${await timed(() => reader.listRuns({ deleted: false }))}`,
  )
  const list = await reader.listRuns({ deleted: false })
  if (
    list.length !== ids.length ||
    list.some(
      (run, index) =>
        run.id !== ids.at(-1 - index) ||
        run.sparkline.length < 30 ||
        run.last?.reconstruction !== ids.length - 1 - index,
    )
  )
    throw new Error('the list is not what was written')
  const compared = ids.slice(-20)
  console.log(
    `${compared.length} runs compared, 2,000 points each, through the reader: ${await timed(() => Promise.all(compared.map((id) => reader.readMetrics(id, { fromStep: 1, points: 2000 }))))}`,
  )
  const series = await reader.readMetrics(compared[0]!, { fromStep: 1, points: 2000 })
  if (series.lastStep !== steps || series.count * series.stepsPerPoint < steps)
    throw new Error('the series is not what was written')
  await reader.close()
  let step = steps
  console.log(
    `10 steps appended: ${await timed(() => appendMetrics(store, ids[0]!, (step += 10) - 9, seriesFrom(step - 9, 10)))}`,
  )
  console.log(
    `every step of a run read: ${await timed(() => readMetrics(store, ids[1]!, { fromStep: 1, points: 1e9 }))}`,
  )
  const start = performance.now()
  deleteRunForever(store, ids[2]!)
  console.log(`a run deleted for ever: ${(performance.now() - start).toFixed(1)} ms`)
}
