// Two programs, one data folder, real training: a server trains one run, `latent train` beside it
// another, and the server is killed. The command says in one line how to go on, nothing that was
// announced is lost, and whoever owns the folder next ends both runs bit for bit as if nobody had
// been killed. `npm run soak -- two-programs [KILLS] [SEED]`.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readOwner } from '../../main/service/owner.ts'
import { lastMetricStep } from '../../main/store/metrics.ts'
import { openStore } from '../../main/store/open.ts'
import { listRuns } from '../../main/store/runs.ts'
import { socketUrl } from '../../main/studio.ts'
import type { Client } from '../../preload/contract/client.ts'
import { connectSocket, type Connection } from '../../preload/contract/connection.ts'
import type { Run, RunStatus } from '../../preload/contract/records.ts'
import { start } from '../cli/latent.ts'
import { serving } from '../service/served.ts'
import { randomFrom } from '../store/random.ts'

const steps = 600
// small, and on the rung that every machine has
const shape = {
  encoderLayers: [16],
  decoderLayers: [16],
  batchSize: 16,
  frames: 3,
  backend: 'wasm' as const,
}
const configOf = (seed: number) => ({ ...shape, seed, length: steps, lengthUnit: 'steps' as const })
const seeds = { server: 1, command: 2 }
type Name = keyof typeof seeds
const names: Name[] = ['server', 'command']

export interface Figures {
  kills: number
  /** Steps that clients were told of before a kill. */
  announced: number
  /** Kills after which a command, not a server, took the folder over. */
  takenByCommand: number
}

/** Kills a server `kills` times. Throws an Error that says what was lost or differs. */
export async function killBoth(kills: number, seed: number): Promise<Figures> {
  const random = randomFrom(seed)
  const whole = await inFolder(untouched)
  const figures: Figures = { kills: 0, announced: 0, takenByCommand: 0 }
  for (; figures.kills < kills; figures.kills += 1) {
    try {
      await inFolder(async (folder) => {
        figures.announced += await trainAndKill(folder, random)
        const byCommand = figures.kills % 2 === 1
        figures.takenByCommand += byCommand ? 1 : 0
        const found = byCommand ? await goOnByCommand(folder) : await goOnByServer(folder)
        for (const name of names)
          if (!found[name].equals(whole[name]))
            throw new Error(`the run of the ${name} ended with another series`)
      })
    } catch (error) {
      throw new Error(
        `kill ${figures.kills + 1} of seed ${seed}: ${error instanceof Error ? error.message : String(error)}`,
        {
          cause: error,
        },
      )
    }
  }
  return figures
}

async function inFolder<Value>(work: (folder: string) => Promise<Value>): Promise<Value> {
  const folder = mkdtempSync(join(tmpdir(), 'latent-two-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** `latent ...` on the folder, with the cache that the server of served.ts uses. */
const latent = (folder: string, ...args: string[]) =>
  start(args, { LATENT_STUDIO_HOME: folder, LATENT_STUDIO_CACHE: join(folder, 'cache') })

async function until(client: Client, run: string, status: RunStatus, step = 0): Promise<Run> {
  for (;;) {
    const found = await client.runs.get({ run })
    if (found.status === status && found.step >= step) return found
    if (!['preparing', 'running', status].includes(found.status))
      throw new Error(
        `"${found.name}" is ${found.status}, expected ${status}: ${found.statusReason}`,
      )
    await sleep(20)
  }
}

/** Every step of both runs, once they have finished. */
async function seriesOf(client: Client): Promise<Record<Name, Buffer>> {
  const found: Partial<Record<Name, Buffer>> = {}
  for (const name of names) {
    await until(client, name, 'finished', steps)
    const { data, count } = await client.runs.metrics({ run: name, points: steps })
    if (count !== steps)
      throw new Error(`expected ${steps} steps of the ${name}'s run, found ${count}`)
    found[name] = Buffer.from(data)
  }
  return found as Record<Name, Buffer>
}

async function untouched(folder: string): Promise<Record<Name, Buffer>> {
  return served(folder, async (client) => {
    for (const name of names) await client.runs.create({ config: configOf(seeds[name]), name })
    return seriesOf(client)
  })
}

/** A server for as long as the work lasts. */
async function served<Value>(
  folder: string,
  work: (client: Client) => Promise<Value>,
): Promise<Value> {
  const server = await serving(folder, 0, 'real')
  const connection = server.connect()
  try {
    return await work(connection.client)
  } finally {
    connection.close()
    server.child.kill('SIGTERM')
    await server.ended
  }
}

/** Both runs train, then the server is killed; returns how many steps were announced. */
async function trainAndKill(folder: string, random: () => number): Promise<number> {
  const server = await serving(folder, 0, 'real')
  const connection = server.connect()
  const { client } = connection
  await client.runs.create({ config: configOf(seeds.server), name: 'server' })
  await until(client, 'server', 'running', 1)
  // so that it cannot end before the command's run trains, however slow that starts
  await client.runs.pause({ run: 'server' })
  const told: Record<Name, number> = { server: 0, command: 0 }
  const set = Object.entries(shape).flatMap(([key, value]) => [
    '--set',
    `${key}=${Array.isArray(value) ? value.join() : value}`,
  ])
  const command = latent(
    folder,
    'train',
    '--name',
    'command',
    '--steps',
    String(steps),
    '--seed',
    String(seeds.command),
    ...set,
  )
  while (
    !(await client.runs.list({})).some(
      ({ name, status }) => name === 'command' && status === 'running',
    )
  )
    await sleep(20)
  await client.runs.resume({ run: 'server' })
  const listening = names.map((name) => listen(client, name, told).catch(() => undefined))
  await sleep(random() * 1500)
  server.child.kill('SIGKILL')
  await server.ended
  connection.close()
  await Promise.all(listening)
  const { code, stderr } = await command.finished
  const last = stderr.trim().split('\n').at(-1) ?? ''
  if (code !== 0 && !/latent resume \w+/.test(last))
    throw new Error(`expected how to resume in the command's last line, found "${last}"`)
  check(folder, told)
  return told.server + told.command
}

async function listen(client: Client, name: Name, told: Record<Name, number>): Promise<void> {
  for await (const update of await client.runs.follow({ run: name, fromStep: 0 }))
    if (update.kind === 'metrics') told[name] = update.firstStep + update.columns.kl.length - 1
}

/** What was announced is in the store that the killed server left. */
function check(folder: string, told: Record<Name, number>): void {
  const store = openStore(folder)
  try {
    const integrity: unknown = store.database.pragma('integrity_check', { simple: true })
    if (integrity !== 'ok') throw new Error(`integrity_check says ${String(integrity)}`)
    for (const { id, name } of listRuns(store, { deleted: false })) {
      const last = lastMetricStep(store, id)
      if (last < told[name as Name])
        throw new Error(
          `step ${told[name as Name]} of the ${name}'s run was announced, its series ends at ${last}`,
        )
    }
  } finally {
    store.close()
  }
}

const isOver = ({ status }: Run) => status === 'finished'

function goOnByServer(folder: string): Promise<Record<Name, Buffer>> {
  return served(folder, async (client) => {
    for (const name of names) await resume(client, name)
    return seriesOf(client)
  })
}

/** `latent resume` becomes the owner; the other run goes on in it, asked for over its address. */
async function goOnByCommand(folder: string): Promise<Record<Name, Buffer>> {
  const command = latent(folder, 'resume', 'command')
  let over = false
  void command.finished.then(() => (over = true))
  let connection: Connection | undefined
  while (connection === undefined && !over) {
    const owner = await readOwner(folder)
    if (owner !== null && owner.pid === command.child.pid)
      connection = connectSocket(socketUrl(owner), { retry: [50], patience: 2000 })
    else await sleep(20)
  }
  if (connection) await resume(connection.client, 'server').finally(() => connection.close())
  const { code, stderr } = await command.finished
  if (code !== 0) throw new Error(`latent resume ended with ${code}: ${stderr}`)
  // its series are read by the next owner, who finds what is left to do
  return goOnByServer(folder)
}

async function resume(client: Client, name: Name): Promise<void> {
  const found = await client.runs.get({ run: name })
  if (isOver(found)) return
  if (found.status !== 'interrupted')
    throw new Error(`expected the run of the ${name} interrupted, found ${found.status}`)
  await client.runs.resume({ run: name })
}

export async function run(args: string[]): Promise<void> {
  const kills = Number(args[0] ?? 10)
  const seed = Number(args[1] ?? Date.now() % 2 ** 31)
  if (!Number.isInteger(kills) || kills < 1 || !Number.isInteger(seed))
    throw new Error(`expected [KILLS] [SEED], found ${args.join(' ')}`)
  console.log(`two-programs: seed ${seed}, ${kills} kills`)
  const figures = await killBoth(kills, seed)
  console.log(
    `${figures.kills} kills (${figures.takenByCommand} taken over by a command, the others by a server): 0 of ${figures.announced} announced steps lost, both runs ended bit for bit as without a kill`,
  )
}
