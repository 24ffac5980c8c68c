// What a .latent file says of itself: manifest.json as written and as read, checked before anything
// else is opened. docs/latent-file.md describes the layout for other programs.
import { z } from 'zod'
import { parseConfig } from '../../preload/contract/config.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import {
  checkpointReasons,
  metricColumns,
  runStatuses,
  type Run,
} from '../../preload/contract/records.ts'
import { longestName } from '../../preload/contract/reference.ts'
import { maximumSteps, modes, rungs } from '../../preload/contract/runConfig.ts'
import { strictJson } from '../files/strictJson.ts'

export const runFileFormat = 'latent-studio-run'
export const runFileVersion = 1

/** Steps in a block of metrics.f32. */
export const metricBlock = 1024

const step = z.int().min(0).max(maximumSteps)
const time = z.int().min(0).max(8.64e15)
const amount = z.number().min(0)
const size = z.int().min(1).max(4096)
const hash = z.string().regex(/^[0-9a-f]{64}$/)
const line = (longest: number) =>
  z
    .string()
    .max(longest)
    .transform((text) => text.replace(/\p{Cc}+/gu, ' '))

const record = z.object({
  id: z.string().min(1).max(64),
  name: line(longestName).pipe(z.string().trim().min(1)),
  model: z.enum(['vae', 'gan']),
  status: z.enum(runStatuses),
  statusReason: line(4000),
  config: z.record(z.string(), z.unknown()),
  preset: line(64).nullable(),
  step,
  totalSteps: step,
  stepsPerEpoch: step,
  parameterCount: z.int().min(0),
  createdAt: time,
  startedAt: time.nullable(),
  endedAt: time.nullable(),
  trainSeconds: amount,
  compileSeconds: amount,
  imagesPerSecond: amount,
  backend: z.enum(rungs).nullable(),
  mode: z.enum(modes).nullable(),
  threads: z.int().min(0).max(4096).nullable(),
  backendVersion: line(200),
  datasetHash: z.string().regex(/^[0-9a-f]{0,64}$/),
  notes: z.string().max(20_000),
})

const checkpoint = z.object({
  file: z.string().regex(/^[\w-]{1,100}\.safetensors$/),
  step,
  reason: z.enum(checkpointReasons),
  createdAt: time,
  backend: z.enum(rungs),
  mode: z.enum(modes),
  validationTotal: z.number().nullable(),
})

const frame = z.object({
  file: z.string().regex(/^step-\d{9,10}\.grey$/),
  step,
  grid: z.int().min(1).max(200),
  tileWidth: size,
  tileHeight: size,
  reconstructions: z.int().min(0).max(1000),
})

const manifest = z.object({
  format: z.literal(runFileFormat),
  version: z.literal(runFileVersion),
  program: line(200),
  run: record,
  metrics: z.object({
    columns: z.array(z.string()).refine((columns) => columns.join() === metricColumns.join()),
    steps: step,
    stepsPerBlock: z.literal(metricBlock),
  }),
  checkpoints: z.array(checkpoint).max(4000),
  frames: z.array(frame).max(5000),
  files: z
    .array(z.object({ name: z.string().max(500), bytes: z.int().min(0), sha256: hash }))
    .max(10_000),
})

export type RunManifest = z.output<typeof manifest>
export type ManifestRun = RunManifest['run']

/**
 * The fields of a run's record that the file keeps; the others follow from metrics, validations and
 * the store.
 */
export function recordOf(run: Run): ManifestRun {
  return Object.fromEntries(
    Object.keys(record.shape).map((key) => [key, run[key as keyof Run]]),
  ) as unknown as ManifestRun
}

/** Throws `bad-input` for another format, another version, a value out of its range. */
export function parseManifest(text: string): RunManifest {
  const value = strictJson(text, 'manifest.json') as Partial<Record<string, unknown>> | null
  const [format, version] = [value?.['format'], value?.['version']]
  if (format !== runFileFormat)
    throw bad(
      `format ${runFileFormat}`,
      `${JSON.stringify(format)?.slice(0, 60) ?? 'none'}`,
      'Choose a file that Latent Studio exported.',
    )
  if (version !== runFileVersion)
    throw bad(
      `version ${runFileVersion}`,
      `version ${JSON.stringify(version)?.slice(0, 20) ?? 'none'}`,
      'A newer version of Latent Studio may have written it; update this one.',
    )
  const parsed = manifest.safeParse(value)
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!
    throw bad(
      'whole entries',
      `${path.join('.').slice(0, 80)}: ${message.slice(0, 120)}`,
      'The file is damaged.',
    )
  }
  return {
    ...parsed.data,
    run: { ...parsed.data.run, config: { ...checkedConfig(parsed.data.run.config) } },
  }
}

function checkedConfig(config: Record<string, unknown>) {
  try {
    return parseConfig(config)
  } catch (error) {
    throw bad(
      'settings that this program knows',
      (error as Error).message,
      'A newer version of Latent Studio may have written it; update this one.',
    )
  }
}

/** The JSON of lists beside the manifest: validations and events. */
export const anyNumber = z.custom<number>((value) => typeof value === 'number')
export const validationList = z
  .array(
    z.object({
      step,
      reconstruction: anyNumber,
      kl: anyNumber,
      total: anyNumber,
      klPerDimension: z.array(anyNumber).max(4096),
      activeUnits: z.int().min(0).max(4096).optional(),
    }),
  )
  .max(1_000_000)
export const eventList = z
  .array(z.object({ at: time, step, kind: z.string().max(40), text: line(10_000) }))
  .max(100_000)

function bad(expected: string, found: string, advice: string): StudioError {
  return new StudioError(
    'bad-input',
    `manifest.json: expected ${expected}, found ${found}. ${advice}`,
    { expected, found },
  )
}
