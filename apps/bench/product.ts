// A whole run as a person starts it, stored, evaluated and framed, in a data folder of its own: how
// long until the first metric, what storing costs, how soon controls and the decoder answer at full
// speed. Started as `node product.ts PRESET MODE FOLDER`; prints one JSON object. The figures are
// compared with pure step times by bench.ts.
import { defaultCacheFolder } from '../../main/runtime/cache.ts'
import { forkNode } from '../../main/service/launch.ts'
import { createStudio } from '../../main/studio.ts'
import { configFrom } from '../../preload/contract/config.ts'
import type { PresetName } from '../../preload/contract/presets.ts'
import { liveStatuses, type Run } from '../../preload/contract/records.ts'
import type { RunConfig } from '../../preload/contract/runConfig.ts'
import type { ProductFigures } from './figures.ts'

const TURNS = 20
/**
 * Steps of two runs that keep nothing but metrics and checkpoints; what begins and ends a run
 * cancels out between them.
 */
const STORING_STEPS = [5_000, 60_000] as const
const [preset, mode, dataFolder] = process.argv.slice(2) as [PresetName, string, string]
const studio = await createStudio({
  dataFolder,
  cacheFolder: defaultCacheFolder(),
  fork: forkNode(),
  shell: 'cli',
})
try {
  const client = studio.connect()
  const whole = await wholeRun(client)
  process.stdout.write(
    `${JSON.stringify({ ...whole, ...(await storing(client)), ...(await atFullSpeed(client)) })}\n`,
  )
} finally {
  await studio.close()
}
process.exit(0)

type Client = ReturnType<typeof studio.connect>

/** The preset's run from start to end. */
async function wholeRun(
  client: Client,
): Promise<Omit<ProductFigures, 'storingShare' | 'control' | 'decode'>> {
  const { run, firstMetric } = await trained(client, {})
  return {
    status: run.status,
    mode: run.mode ?? 'eager',
    steps: run.step,
    secondsToFirstMetric: firstMetric / 1000,
    compileSeconds: run.compileSeconds,
    stepSeconds: run.trainSeconds,
    wholeSeconds: secondsOf(run),
  }
}

/**
 * What passes between the steps of a long run that keeps metrics and checkpoints, in parts of the
 * steps' own time.
 */
async function storing(client: Client): Promise<Pick<ProductFigures, 'storingShare'>> {
  const seconds: { whole: number; steps: number }[] = []
  for (const length of STORING_STEPS) {
    const { run } = await trained(client, {
      lengthUnit: 'steps',
      length,
      frames: 0,
      evaluateEvery: length,
    })
    seconds.push({ whole: secondsOf(run), steps: run.trainSeconds })
  }
  const [short, long] = seconds as [(typeof seconds)[0], (typeof seconds)[0]]
  const steps = long.steps - short.steps
  return { storingShare: (long.whole - short.whole - steps) / steps }
}

async function trained(
  client: Client,
  changes: Partial<RunConfig>,
): Promise<{ run: Run; firstMetric: number }> {
  const created = await client.runs.create({
    config: { ...configFrom(preset, { mode, ...changes }) },
    preset,
  })
  let firstMetric = 0
  for await (const update of await client.runs.follow({ run: created.id, fromStep: 0 })) {
    if (update.kind === 'metrics') firstMetric ||= performance.now()
    if (update.kind === 'run' && !liveStatuses.includes(update.run.status)) break
  }
  return { run: await client.runs.get({ run: created.id }), firstMetric }
}

function secondsOf({ startedAt, endedAt }: Run): number {
  return ((endedAt ?? NaN) - (startedAt ?? NaN)) / 1000
}

/**
 * The same settings in a run that does not end: how long its controls and its decoder take to
 * answer while it trains.
 */
async function atFullSpeed(client: Client): Promise<Pick<ProductFigures, 'control' | 'decode'>> {
  const config = { ...configFrom(preset, { mode, lengthUnit: 'epochs', length: 1000 }) }
  const { id } = await client.runs.create({ config, preset })
  for await (const update of await client.runs.follow({ run: id, fromStep: 0 }))
    if (update.kind === 'metrics') break
  const control: number[] = []
  const decode: number[] = []
  for (let turn = 0; turn < TURNS; turn++) {
    await between()
    control.push(await milliseconds(() => client.runs.pause({ run: id })))
    control.push(await milliseconds(() => client.runs.resume({ run: id })))
  }
  for (let turn = 0; turn < 2 * TURNS; turn++) {
    await between()
    const z = [Array.from({ length: config.latentSize }, () => turn / TURNS - 1)]
    decode.push(await milliseconds(() => client.latent.decode({ run: id, checkpoint: 'live', z })))
  }
  await client.runs.stop({ run: id })
  return { control: spread(control), decode: spread(decode) }
}

async function milliseconds(ask: () => Promise<unknown>): Promise<number> {
  const before = performance.now()
  await ask()
  return performance.now() - before
}

/** A pause that no chunk's length divides, so that questions meet all moments of a chunk. */
function between(): Promise<void> {
  return new Promise((done) => setTimeout(done, 137))
}

function spread(values: number[]): ProductFigures['control'] {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
  return { median: at(0.5), p95: at(0.95), most: sorted.at(-1)!, count: values.length }
}
