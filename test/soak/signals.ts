// `latent train` asked to end in every way, with its output going to every kind of place: no try may lose
// a checkpoint. `npm run soak -- signals [TRIES] [SEED] [AT_ONCE]`; 200 tries are the whole matrix and more.
//
// Lost is a checkpoint when the run ends other than stopped or finished, or without a whole checkpoint of
// its last step, or before a step that a client was told of. A run asked to end while it is prepared ends
// stopped (or was not made yet). A paused run is stopped too: the program that trains it ends.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readOwner } from '../../main/service/owner.ts'
import { usableCheckpoints } from '../../main/store/checkpointRows.ts'
import { lastMetricStep } from '../../main/store/metrics.ts'
import { openReadOnly } from '../../main/store/open.ts'
import { listRuns } from '../../main/store/runs.ts'
import { socketUrl } from '../../main/studio.ts'
import { connectSocket, type Connection } from '../../preload/contract/connection.ts'
import type { Run } from '../../preload/contract/records.ts'
import { randomFrom } from '../store/random.ts'

const asks = ['SIGINT', 'SIGTERM', 'SIGHUP', 'reader gone'] as const
const streamChoices = ['stdout', 'stderr', 'both'] as const
const places = ['TTY', 'pipe', 'file', 'closed'] as const
const phases = ['preparing', 'training', 'paused'] as const

export interface Case {
  ask: (typeof asks)[number]
  /** Those that go to `place`; the other one goes to a file. */
  streams: (typeof streamChoices)[number]
  place: (typeof places)[number]
  phase: (typeof phases)[number]
}

export interface Figures {
  tries: number
  /** Tries that ended before there was a run. */
  early: number
  failures: string[]
}

type Whom = 'launcher' | 'group' | 'program' | 'terminal'

const launcher = resolve(import.meta.dirname, '../../apps/launch.mjs')
/** Settings of a run that begins at once and has many steps a second. */
export const small = [
  '--backend',
  'wasm',
  '--encoder-layers',
  '20',
  '--decoder-layers',
  '20',
  '--batch-size',
  '4',
]
const train = ['train', 'tutorial', ...small, '--steps', '10000000', '--frames', '0']
const patience = 120_000 // milliseconds for anything to happen: more means that it hangs

/**
 * An older Node of this machine, through which the launcher starts the right one; else the one that
 * runs us.
 */
export const oldNode = ['/usr/bin/node', '/usr/local/bin/node'].find((path) => {
  if (!existsSync(path)) return false
  return (
    Number(
      spawnSync(path, ['-p', 'process.versions.node.split(".")[0]'], { encoding: 'utf8' }).stdout,
    ) < 24
  )
})

/** All that can happen: a file has no reader, nor has what is closed. */
export function matrix(): Case[] {
  const all = asks.flatMap((ask) =>
    streamChoices.flatMap((streams) =>
      places.flatMap((place) => phases.map((phase) => ({ ask, streams, place, phase }))),
    ),
  )
  return all.filter(
    ({ ask, place }) => ask !== 'reader gone' || place === 'TTY' || place === 'pipe',
  )
}

/**
 * Tries these cases, `atOnce` of them at a time; `plant: 'lose it'` removes each checkpoint, which
 * must be noticed.
 */
export async function askToEnd(
  cases: Case[],
  seed: number,
  options: { tell?: (line: string) => void; atOnce?: number; plant?: string } = {},
): Promise<Figures> {
  const figures: Figures = { tries: 0, early: 0, failures: [] }
  const lane = async () => {
    while (figures.tries < cases.length) {
      const number = figures.tries++
      const one = cases[number]!
      // a generator of its own: how a try goes does not depend on those beside it
      const { how, problem, early } = await tryOnce(
        one,
        randomFrom(seed + number),
        options.plant ?? '',
      )
      const name = `try ${number + 1}, ${one.ask} (${how}) while ${one.phase}, ${one.streams}: ${one.place}`
      if (early) figures.early += 1
      if (problem) figures.failures.push(`${name}: ${problem}`)
      options.tell?.(`${name}: ${problem ? `LOST, ${problem}` : early ? 'no run yet' : 'kept'}`)
    }
  }
  await Promise.all(Array.from({ length: options.atOnce ?? 1 }, lane))
  return figures
}

interface Attempt {
  folder: string
  data: string
  /** What was started: a shell that becomes the launcher, or `script`. */
  child: ChildProcess
  reader: ChildProcess | null
  ended: Promise<number | null>
}

async function tryOnce(one: Case, random: () => number, plant: string) {
  const folder = mkdtempSync(join(tmpdir(), 'latent-signals-'))
  const attempt = begin(one, folder, random)
  const whom = chosenWhom(one, random)
  let problem: string | null = null
  let early = false
  let pids: Pids | null = null
  try {
    pids = await pidsOf(attempt)
    const watched = await reachPhase(one, attempt, random)
    ask(one, whom, attempt, pids)
    const code = await within(attempt.ended, 'the command to end')
    await untilGone(pids)
    watched.connection.close()
    if (one.place !== 'TTY' && code !== 130 && code !== 0) problem = `exit code ${code}`
    if (plant === 'lose it') rmSync(join(attempt.data, 'runs'), { recursive: true })
    const found = lost(attempt.data, watched.step, one.phase)
    early = found === 'no run'
    if (found !== null && !early) problem = found
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error)
  } finally {
    for (const pid of [attempt.child.pid, attempt.reader?.pid, pids?.program, pids?.launcher])
      if (pid) kill(pid, 'SIGKILL')
    if (problem) problem += `; stderr: ${text(join(folder, 'err')).trim().slice(-300)}`
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  return { how: whom, problem, early }
}

function begin(one: Case, folder: string, random: () => number): Attempt {
  const data = join(folder, 'data')
  const [out, err, fifo] = [join(folder, 'out'), join(folder, 'err'), join(folder, 'fifo')]
  const goes = (name: 'stdout' | 'stderr') => one.streams === 'both' || one.streams === name
  // a socket is what programs written in Node give as a pipe
  const socket = one.place === 'pipe' && random() < 0.4
  const target = {
    TTY: '',
    pipe: socket ? '' : `>"${fifo}"`,
    file: `>"${folder}/other"`,
    closed: '>&-',
  }[one.place]
  const redirect = (name: 'stdout' | 'stderr', file: string) =>
    goes(name)
      ? target === ''
        ? ''
        : `${name === 'stderr' ? '2' : ''}${target}`
      : `${name === 'stderr' ? '2' : ''}>"${file}"`
  const stdin = one.place === 'TTY' && random() < 0.5 ? '' : random() < 0.3 ? '<&-' : '</dev/null'
  const node = oldNode ?? process.execPath
  const command = `exec "${node}" "${launcher}" ${train.join(' ')} ${stdin} ${redirect('stdout', out)} ${redirect('stderr', err)}`
  const env: NodeJS.ProcessEnv = { ...process.env, LATENT_STUDIO_HOME: data }
  for (const name of ['LATENT_STUDIO_NOHUP', '_']) delete env[name] // nohup around the proof is not meant
  let reader: ChildProcess | null = null
  if (one.place === 'pipe' && !socket) {
    spawnSync('mkfifo', [fifo])
    reader = spawn('cat', [fifo], { stdio: 'ignore' })
  }
  const [program, args] =
    one.place === 'TTY' ? ['script', ['-qec', command, '/dev/null']] : ['/bin/sh', ['-c', command]]
  const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'], detached: true })
  child.stdout!.resume()
  child.stderr!.resume()
  child.stdin!.on('error', () => undefined)
  return { folder, data, child, reader, ended: new Promise((done) => child.once('exit', done)) }
}

interface Pids {
  launcher: number
  program: number
}

// The program that owns the folder; above it the launcher, where there is one.
async function pidsOf({ data, ended }: Attempt): Promise<Pids> {
  let over = false
  void ended.then(() => (over = true))
  for (const until = Date.now() + patience; Date.now() < until && !over; await sleep(10)) {
    const owner = await readOwner(data)
    if (owner) return { program: owner.pid, launcher: oldNode ? statOf(owner.pid)[1]! : owner.pid }
  }
  throw new Error(over ? 'the command ended by itself' : 'no owner came')
}

async function reachPhase(
  one: Case,
  { data }: Attempt,
  random: () => number,
): Promise<{ connection: Connection; step: number }> {
  const connection = connectSocket(socketUrl((await readOwner(data))!), {
    patience,
    retry: [50, 100, 250],
  })
  const { client } = connection
  if (one.phase === 'preparing') {
    await sleep(random() < 0.3 ? 0 : random() * 700)
    return { connection, step: 0 }
  }
  let run: Run | undefined
  for (const until = Date.now() + patience; ; await sleep(20)) {
    run = (await client.runs.list({ deleted: false }))[0]
    if (run?.status === 'running' && run.step > 0) break
    if (Date.now() > until || run?.status === 'failed')
      throw new Error(`the run does not train: ${run?.status} ${run?.statusReason}`)
  }
  await sleep(random() * 300)
  if (one.phase === 'paused') {
    await client.runs.pause({ run: run.id })
    await sleep(random() * 200)
  }
  return { connection, step: (await client.runs.get({ run: run.id })).step }
}

function chosenWhom({ ask: wish, place }: Case, random: () => number): Whom {
  const choices: Whom[] = ['launcher', 'group', 'program']
  if (wish === 'reader gone') return 'terminal'
  if (place === 'TTY' && wish !== 'SIGTERM') choices.push('terminal', 'terminal')
  return choices[Math.floor(random() * choices.length)]!
}

function ask(one: Case, whom: Whom, attempt: Attempt, pids: Pids): void {
  const { child, reader } = attempt
  if (one.ask === 'reader gone' || (whom === 'terminal' && one.ask === 'SIGHUP')) {
    if (one.place === 'TTY') return void kill(child.pid!, 'SIGKILL') // the terminal closes
    if (reader) return void kill(reader.pid!, 'SIGKILL')
    if (one.streams !== 'stderr') child.stdout!.destroy()
    if (one.streams !== 'stdout') child.stderr!.destroy()
    return
  }
  if (whom === 'terminal') return void child.stdin!.write('\x03')
  if (whom === 'group') return void kill(-statOf(pids.launcher)[2]!, one.ask)
  kill(whom === 'launcher' ? pids.launcher : pids.program, one.ask)
}

async function untilGone({ program, launcher: door }: Pids): Promise<void> {
  for (const until = Date.now() + patience; ; await sleep(20)) {
    if (!isAlive(program) && !isAlive(door)) return
    if (Date.now() > until) throw new Error('the program goes on')
  }
}

/** What is missing after the end; null when all is there. */
function lost(data: string, seen: number, phase: Case['phase']): string | null {
  if (existsSync(join(data, 'owner.json'))) return 'owner.json was left'
  const store = openReadOnly(data)
  try {
    const run = listRuns(store, { deleted: false })[0]
    if (!run) return phase === 'preparing' ? 'no run' : 'the run is gone'
    if (run.status !== 'stopped' && run.status !== 'finished')
      return `the run is ${run.status}: ${run.statusReason}`
    const last = lastMetricStep(store, run.id)
    if (run.step !== last) return `the run says step ${run.step}, its series ends at ${last}`
    if (last < seen) return `step ${seen} was announced, the series ends at ${last}`
    if (last === 0) return null
    const checkpoint = usableCheckpoints(store, run.id).find(({ step }) => step === last)
    if (!checkpoint) return `no checkpoint of step ${last}`
    const bytes = readFileSync(join(data, 'runs', run.id, checkpoint.file))
    if (createHash('sha256').update(bytes).digest('hex') !== checkpoint.sha256)
      return `the checkpoint of step ${last} is damaged`
    return null
  } finally {
    store.close()
  }
}

/** Parent and process group: [pid, parent, group] (proc_pid_stat(5)). */
function statOf(pid: number): number[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return [pid, Number(fields[1]), Number(fields[2])]
}

async function within<Value>(promise: Promise<Value>, what: string): Promise<Value> {
  const late = sleep(patience, null, { ref: false }).then(() => {
    throw new Error(`waited ${patience / 1000} s for ${what}`)
  })
  return Promise.race([promise, late])
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // it has ended
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    // whoever was killed with its parent waits to be collected: it has ended
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

const text = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '')

/** The whole matrix in an order of its own, again and again up to `tries`. */
export function shuffled(tries: number, random: () => number): Case[] {
  const cases: Case[] = []
  while (cases.length < tries) {
    const round = matrix().map((one) => ({ one, at: random() }))
    cases.push(...round.sort((a, b) => a.at - b.at).map(({ one }) => one))
  }
  return cases.slice(0, tries)
}

export async function run(args: string[]): Promise<void> {
  const [tries, seed, atOnce] = [
    Number(args[0] ?? 200),
    Number(args[1] ?? Date.now() % 2 ** 31),
    Number(args[2] ?? 1),
  ]
  if (![tries, seed, atOnce].every(Number.isInteger) || tries < 1 || atOnce < 1)
    throw new Error(`expected [TRIES] [SEED] [AT_ONCE], found ${args.join(' ')}`)
  console.log(
    `signals: seed ${seed}, ${tries} tries, through ${oldNode ? `the launcher on ${oldNode}` : 'Node 24 alone'}`,
  )
  const figures = await askToEnd(shuffled(tries, randomFrom(seed)), seed, {
    tell: console.log,
    atOnce,
  })
  for (const failure of figures.failures) console.log(failure)
  console.log(
    `${figures.failures.length} lost checkpoints of ${figures.tries} tries (${figures.early} before there was a run), seed ${seed}`,
  )
  if (figures.failures.length > 0) throw new Error('checkpoints were lost')
}
