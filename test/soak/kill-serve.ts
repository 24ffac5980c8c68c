// A server killed at random moments while a run trains: every step that a client was told of is in
// the store, the next owner finds the run interrupted, and resume goes on. `npm run soak --
// kill-serve [KILLS] [SEED]`.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { usableCheckpoints } from '../../main/store/checkpointRows.ts'
import { lastMetricStep, readMetrics, rewindMetrics } from '../../main/store/metrics.ts'
import { openStore } from '../../main/store/open.ts'
import { readRun } from '../../main/store/runs.ts'
import type { Client } from '../../preload/contract/client.ts'
import { liveStatuses } from '../../preload/contract/records.ts'
import { scripts } from '../service/scriptedHost.ts'
import { serving } from '../service/served.ts'
import { randomFrom } from '../store/random.ts'

export interface KillFigures {
  kills: number
  /** Kills before the client was told of any step. */
  early: number
  announcedSteps: number
  lastStep: number
}

interface Told {
  run: string | null
  /** Steps up to this one were announced, and not taken back since. */
  step: number
  checkpoint: number
}

/**
 * Throws an Error that says what was lost. `plant: 'lose a step'` takes one away, which has to be
 * noticed.
 */
export async function killServers(kills: number, seed: number, plant = ''): Promise<KillFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'latent-kill-serve-'))
  const random = randomFrom(seed)
  const told: Told = { run: null, step: 0, checkpoint: 0 }
  const figures: KillFigures = { kills: 0, early: 0, announcedSteps: 0, lastStep: 0 }
  try {
    for (; figures.kills < kills; figures.kills += 1) {
      const steps = await trainAndKill(folder, told, random)
      figures.announcedSteps += steps
      if (steps === 0) figures.early += 1
      figures.lastStep = check(folder, told, plant)
    }
  } catch (error) {
    throw new Error(
      `after kill ${figures.kills} of seed ${seed}: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return figures
}

/** Serves, starts or resumes the run, listens, kills; returns how many steps were announced. */
async function trainAndKill(folder: string, told: Told, random: () => number): Promise<number> {
  const server = await serving(folder)
  const connection = server.connect()
  const { client } = connection
  let announced = 0
  const listening = start(client, told).then((run) =>
    listen(client, run, told, (steps) => (announced += steps)),
  )
  // the connection dies with the server: that is how listening always ends
  listening.catch(() => undefined)
  if (random() < 0.2) await sleep(random() * 600)
  else {
    while (announced === 0 && server.child.exitCode === null) await sleep(5)
    await sleep(random() * 400)
  }
  server.child.kill('SIGKILL')
  await server.ended
  connection.close()
  await listening.catch(() => undefined)
  return announced
}

async function start(client: Client, told: Told): Promise<string> {
  if (told.run === null) {
    const run = await client.runs.create({
      config: { seed: scripts.wellBehaved, length: 10_000_000, lengthUnit: 'steps' },
    })
    told.run = run.id
    return run.id
  }
  const found = await client.runs.get({ run: told.run })
  if (found.status !== 'interrupted')
    throw new Error(`expected the run interrupted, found ${found.status}`)
  // from here on later steps may be taken back at any moment
  told.step = Math.min(told.step, told.checkpoint)
  await client.runs.resume({ run: told.run })
  return told.run
}

async function listen(
  client: Client,
  run: string,
  told: Told,
  announce: (steps: number) => void,
): Promise<void> {
  let training = false
  for await (const update of await client.runs.follow({ run, fromStep: told.step })) {
    if (update.kind === 'rewound') told.step = update.step
    if (update.kind === 'run') training = update.run.status === 'running'
    if (update.kind === 'checkpoint' && update.checkpoint.usable)
      told.checkpoint = Math.max(told.checkpoint, update.checkpoint.step)
    // what is told while the resumed run is prepared may be about to be taken back
    if (update.kind !== 'metrics' || !training) continue
    told.step = update.firstStep + update.columns.kl.length - 1
    announce(update.columns.kl.length)
  }
}

function check(folder: string, told: Told, plant: string): number {
  const store = openStore(folder)
  try {
    const integrity: unknown = store.database.pragma('integrity_check', { simple: true })
    if (integrity !== 'ok') throw new Error(`integrity_check says ${String(integrity)}`)
    if (told.run === null) return 0
    if (plant === 'lose a step') rewindMetrics(store, told.run, Math.max(0, told.step - 1))
    const run = readRun(store, told.run)
    if (!run) throw new Error('the run is gone')
    const last = lastMetricStep(store, told.run)
    if (last < told.step)
      throw new Error(`step ${told.step} was announced, the series ends at ${last}`)
    if (run.step !== last)
      throw new Error(`the run says step ${run.step}, its series ends at ${last}`)
    if (!liveStatuses.includes(run.status) && run.status !== 'interrupted')
      throw new Error(`the run was killed ${run.status}`)
    if (
      told.checkpoint > 0 &&
      !usableCheckpoints(store, told.run).some(({ step }) => step >= told.checkpoint)
    )
      throw new Error(`the checkpoint of step ${told.checkpoint} is gone`)
    const { data, count } = readMetrics(store, told.run, { fromStep: 1, points: 1e9 })
    for (let step = 1; step <= last; step += 1)
      if (data[count + step - 1] !== step) throw new Error(`step ${step} has another value`)
    return last
  } finally {
    store.close()
  }
}

export async function run(args: string[]): Promise<void> {
  const kills = Number(args[0] ?? 50)
  const seed = Number(args[1] ?? Date.now() % 2 ** 31)
  if (!Number.isInteger(kills) || kills < 1 || !Number.isInteger(seed))
    throw new Error(`expected [KILLS] [SEED], found ${args.join(' ')}`)
  console.log(`kill-serve: seed ${seed}, ${kills} kills`)
  const figures = await killServers(kills, seed)
  console.log(
    `${figures.kills} kills (${figures.early} before any step): 0 of ${figures.announcedSteps} announced steps lost, integrity ok; the run reached step ${figures.lastStep}`,
  )
  console.log(`95 % bound on the rate of losses: ${(300 / figures.kills).toFixed(1)} %`)
}
