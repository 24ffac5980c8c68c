// Training killed at random steps and resumed ends as if it had never been killed: series,
// evaluations and final weights bit for bit. `npm run soak -- kill-resume [--kills 20] [--backend
// B] [--mode M] [--steps 24000] [--seed S]`. Killed are, by turns at random, the command that owns
// the run, its training process, or both.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { decodeCheckpoint } from '../../main/engine/checkpoint.ts'
import { readOwner } from '../../main/service/owner.ts'
import { socketUrl } from '../../main/studio.ts'
import type { Client } from '../../preload/contract/client.ts'
import { connectSocket } from '../../preload/contract/connection.ts'
import type { Checkpoint, Run } from '../../preload/contract/records.ts'
import { document, latent, start, temporaryHome } from '../cli/latent.ts'
import { bits } from '../engine/smallRun.ts'
import { randomFrom } from '../store/random.ts'

export interface Settings {
  kills: number
  seed: number
  steps: number
  /** Arguments of `latent train`. */
  train: string[]
}

/** All that a finished run leaves. */
export interface Result {
  run: Run
  series: string
  validations: string
  weights: Buffer
  progress: unknown
}

export interface Kill {
  step: number
  victim: string
  /** Where the resumed run went on. */
  from: number
}

const MOST_WAIT_MILLISECONDS = 150

type Home = ReturnType<typeof temporaryHome>

// The cache stays the user's: the native runtime lies in it.
export const environmentOf = (home: Home): NodeJS.ProcessEnv => ({
  LATENT_STUDIO_HOME: home.environment['LATENT_STUDIO_HOME'],
})

/**
 * Trains once without a kill, then until `kills` kills are made. Throws at the first difference.
 */
export async function killAndResume(
  settings: Settings,
  tell: (line: string) => void = () => undefined,
): Promise<Kill[]> {
  const random = randomFrom(settings.seed)
  const whole = await inHome(async (home) => {
    await document(trainArguments(settings), environmentOf(home))
    return resultIn(home)
  })
  tell(
    `uninterrupted: ${whole.run.step} steps on ${whole.run.backend}, ${whole.run.mode}, ${whole.run.threads} threads`,
  )
  const kills: Kill[] = []
  while (kills.length < settings.kills) {
    const result = await inHome((home) => killedRun(home, settings, random, kills, tell))
    const found = difference(whole, result)
    if (found)
      throw new Error(
        `seed ${settings.seed}, after kill ${kills.length} at step ${kills.at(-1)!.step}: ${found}`,
      )
  }
  return kills
}

async function inHome<Value>(work: (home: Home) => Promise<Value>): Promise<Value> {
  const home = temporaryHome()
  try {
    return await work(home)
  } finally {
    home.remove()
  }
}

const trainArguments = ({ train, steps }: Settings) => ['train', ...train, '--steps', String(steps)]

/** One run from its first step to its last, killed once or more on the way. */
async function killedRun(
  home: Home,
  settings: Settings,
  random: () => number,
  kills: Kill[],
  tell: (line: string) => void,
): Promise<Result> {
  const environment = environmentOf(home)
  let command = start(trainArguments(settings), environment)
  let reached = 0
  for (let again = true; again;) {
    const target = Math.floor(reached + random() * 0.8 * (settings.steps - reached)) // it must not end before it is killed
    const victim = ['command', 'trainer', 'both'][Math.floor(random() * 3)]!
    const step = await killAt(command, home, target, victim, random() * MOST_WAIT_MILLISECONDS)
    again = kills.length + 1 < settings.kills && random() < 0.3
    command = start(['resume', 'last'], environment)
    reached = step
    kills.push({ step, victim, from: -1 })
    // a second kill needs the run to be at work again; a first step is enough
    if (!again) {
      const { code, stderr } = await command.finished
      kills.at(-1)!.from = Number(
        /continues from step ([\d,]+)/.exec(stderr)?.[1]?.replaceAll(',', '') ?? NaN,
      )
      if (code !== 0) throw new Error(`latent resume ended with ${code}: ${stderr}`)
    }
    tell(
      `kill ${kills.length}: ${victim} at step ${step}${again ? ', to be killed again' : `, resumed from step ${kills.at(-1)!.from}`}`,
    )
  }
  return resultIn(home)
}

/**
 * Kills `wait` milliseconds after the stored series has reached `target`; returns the last step
 * seen.
 */
async function killAt(
  command: ReturnType<typeof start>,
  home: Home,
  target: number,
  victim: string,
  wait: number,
): Promise<number> {
  const ended = command.finished.then(({ code, stderr }) => {
    throw new Error(`the command ended with ${code} before step ${target}: ${stderr}`)
  })
  ended.catch(() => undefined)
  const connection = await Promise.race([connected(home), ended])
  try {
    const step = await Promise.race([reached(connection.client, target), ended])
    await sleep(wait) // a busy studio answers when a checkpoint is made: not only then are kills wanted
    const pid = command.child.pid!
    const trainers = childrenOf(pid)
    if (victim !== 'command') for (const trainer of trainers) kill(trainer)
    if (victim !== 'trainer') kill(pid)
    await command.finished
    for (const trainer of trainers) while (isAlive(trainer)) await sleep(20)
    return step
  } finally {
    connection.close()
  }
}

async function connected(home: Home) {
  for (;;) {
    const owner = await readOwner(home.environment['LATENT_STUDIO_HOME']!)
    if (owner) return connectSocket(socketUrl(owner), { retry: [50, 100, 250], patience: 2000 })
    await sleep(20)
  }
}

async function reached(client: Client, target: number): Promise<number> {
  for (;;) {
    const run = (await client.runs.list({ deleted: false }))[0]
    if (run?.status === 'running' && run.step >= Math.max(1, target)) return run.step
    await sleep(10)
  }
}

// Hosts are process groups of their own, so the command's group does not hold them.
function childrenOf(pid: number): number[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
  return rows
    .map((row) => row.trim().split(/\s+/).map(Number))
    .flatMap(([child, parent]) => (parent === pid ? [child!] : []))
}

function kill(pid: number): void {
  if (isAlive(pid)) process.kill(pid, 'SIGKILL')
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Everything that the newest run of a home left. */
export async function resultIn(home: Home): Promise<Result> {
  const environment = environmentOf(home)
  const shown = (await document(['show', 'last'], environment)) as unknown as {
    run: Run
    checkpoints: Checkpoint[]
  }
  const series = (await latent(['metrics', 'last', '--csv'], environment)).stdout
  const validations = (await latent(['metrics', 'last', '--validation', '--csv'], environment))
    .stdout
  const last = shown.checkpoints.find(
    ({ step, reason }) => step === shown.run.totalSteps && reason !== 'frame',
  )
  if (!last)
    throw new Error(
      `expected a checkpoint of step ${shown.run.totalSteps}, found ${shown.checkpoints.map(({ step }) => step).join()}`,
    )
  const { meta, state } = decodeCheckpoint(
    readFileSync(join(environment['LATENT_STUDIO_HOME']!, 'runs', shown.run.id, last.file)),
  )
  return { run: shown.run, series, validations, weights: bits(state), progress: meta.progress }
}

/** In what a run differs from the one that was never killed, or null. */
export function difference(whole: Result, found: Result): string | null {
  if (found.run.status !== 'finished' || found.run.step !== whole.run.step)
    return `the run is ${found.run.status} at step ${found.run.step}`
  for (const key of ['backend', 'mode', 'threads'] as const)
    if (found.run[key] !== whole.run[key])
      return `${key} is ${found.run[key]}, was ${whole.run[key]}`
  for (const key of ['series', 'validations'] as const) {
    const [expected, lines] = [whole[key].split('\n'), found[key].split('\n')]
    if (expected.length < 3) return `there are no ${key}`
    const at = expected.findIndex((line, index) => line !== lines[index])
    if (at >= 0 || lines.length !== expected.length)
      return `${key} differ in line ${at}: expected ${expected[at]}, found ${lines[at]} (${lines.length} lines, expected ${expected.length})`
  }
  if (!found.weights.equals(whole.weights)) return 'the final weights differ'
  return JSON.stringify(found.progress) === JSON.stringify(whole.progress)
    ? null
    : `progress is ${JSON.stringify(found.progress)}, was ${JSON.stringify(whole.progress)}`
}

export async function run(args: string[]): Promise<void> {
  const options = {
    kills: { type: 'string', default: '20' },
    backend: { type: 'string', default: 'auto' },
    mode: { type: 'string', default: 'auto' },
    steps: { type: 'string', default: '24000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
  } as const
  const { values } = parseArgs({ args, options })
  const [kills, steps, seed] = [Number(values.kills), Number(values.steps), Number(values.seed)]
  if (![kills, steps, seed].every(Number.isInteger))
    throw new Error(
      `expected whole numbers for kills, steps and seed, found ${values.kills}, ${values.steps}, ${values.seed}`,
    )
  console.log(
    `kill-resume: seed ${seed}, ${kills} kills, ${steps} steps, backend ${values.backend}, mode ${values.mode}`,
  )
  const train = ['tutorial', '--backend', values.backend, '--mode', values.mode, '--frames', '5']
  const made = await killAndResume({ kills, seed, steps, train }, (line) => console.log(line))
  const replayed = made.filter(({ from }) => from > 0).length
  console.log(
    `${made.length} kills, ${replayed} of them resumed from a checkpoint: 0 differences in series, evaluations, final weights`,
  )
  console.log(`95 % bound on the rate of differences: ${(300 / made.length).toFixed(1)} %`)
}
