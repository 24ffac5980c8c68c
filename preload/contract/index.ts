// The one typed contract between main and everything that talks to it: renderer, command line,
// tests. Inputs are checked here; outputs are our own and only typed. Errors cross as {code,
// message, data} (errors.ts).
import { eventIterator, oc, type } from '@orpc/contract'
import { analysis } from './analysis.ts'
import { desktop } from './desktop.ts'
import { modelExports } from './exports.ts'
import { jobs, uploads } from './jobs.ts'
import { latent } from './latent.ts'
import { z } from './zod.ts'
import { longestName, reference } from './reference.ts'
import type {
  Checkpoint,
  DatasetInfo,
  Frame,
  FrameInfo,
  LadderReport,
  MetricsSeries,
  Run,
  RunEvent,
  RunsUpdate,
  RunSummary,
  RunUpdate,
  SystemStatus,
  Validation,
} from './records.ts'

const run = z.object({ run: reference })
const name = z.string().trim().min(1).max(longestName)

const system = {
  status: oc.output(type<SystemStatus>()),
  backends: oc.input(z.object({ force: z.boolean().default(false) })).output(type<LadderReport>()),
  /** The native runtimes on this machine, by variant. */
  runtime:
    oc.output(
      type<
        {
          variant: 'cpu' | 'cuda'
          installed: boolean
          folder: string
          bytes: number
          version: string
          problem?: string
        }[]
      >(),
    ),
}

const runs = {
  /** Newest first. */
  list: oc.input(z.object({ deleted: z.boolean().default(false) })).output(type<RunSummary[]>()),
  watch: oc.output(eventIterator(type<RunsUpdate>())),
  get: oc.input(run).output(type<Run>()),
  /** `config` is checked against the settings; error bad-config with data.problems. */
  create: oc
    .input(
      z.object({
        config: z.record(z.string(), z.unknown()),
        name: name.optional(),
        preset: z.string().max(64).nullable().default(null),
        start: z.boolean().default(true),
      }),
    )
    .output(type<Run>()),
  /**
   * A run of these settings will probably come: a waiting process gets ready for it. Changes
   * nothing that is stored.
   */
  foresee: oc.input(z.object({ config: z.record(z.string(), z.unknown()) })).output(type<null>()),
  /** Answers when training has stopped; the checkpoint of that step follows. */
  pause: oc.input(run).output(type<Run>()),
  /** Goes on from a pause, or from the last usable checkpoint in a new host. */
  resume: oc.input(run).output(type<Run>()),
  stop: oc.input(run).output(type<Run>()),
  rename: oc.input(z.object({ run: reference, name })).output(type<Run>()),
  note: oc.input(z.object({ run: reference, notes: z.string().max(20_000) })).output(type<Run>()),
  /** Into the trash; `restore` takes it out again. A live run is stopped first. */
  remove: oc.input(run).output(type<Run>()),
  restore: oc.input(run).output(type<Run>()),
  /** First everything stored after `fromStep` that a follower needs to know, then live. */
  follow: oc
    .input(z.object({ run: reference, fromStep: z.int().min(0).default(0) }))
    .output(eventIterator(type<RunUpdate>())),
  /**
   * At most about `points` points over [fromStep, toStep]; every step when the stretch is short
   * enough.
   */
  metrics: oc
    .input(
      z.object({
        run: reference,
        fromStep: z.int().min(1).default(1),
        toStep: z.int().min(1).optional(),
        points: z.int().min(1).max(32_000).default(2000),
      }),
    )
    .output(type<MetricsSeries>()),
  validations: oc.input(run).output(type<Validation[]>()),
  checkpoints: oc.input(run).output(type<Checkpoint[]>()),
  frames: oc.input(run).output(type<FrameInfo[]>()),
  /** The frame at a step, or the newest. */
  frame: oc
    .input(z.object({ run: reference, step: z.int().min(0).optional() }))
    .output(type<Frame>()),
  events: oc.input(run).output(type<RunEvent[]>()),
}

const data = {
  list: oc.output(type<DatasetInfo[]>()),
  /** count images from `first`, uint8, with their labels. */
  images: oc
    .input(
      z.object({
        dataset: z.string().max(64),
        split: z.enum(['train', 'validation', 'test']),
        first: z.int().min(0),
        count: z.int().min(1).max(500),
      }),
    )
    .output(
      type<{
        count: number
        width: number
        height: number
        channels: number
        labels: number[]
        pixels: Uint8Array
      }>(),
    ),
}

export const contract = {
  system,
  runs,
  latent,
  analysis,
  data,
  exports: modelExports,
  jobs,
  uploads,
  desktop,
}
export type Contract = typeof contract
