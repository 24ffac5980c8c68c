// Long work that outlives the page that asked for it: exports, imports, evaluations, the native
// runtime. A job runs in the owner of the data folder, says how far it is, can be cancelled, and
// keeps its result until a person puts it away.
import { eventIterator, oc, type } from '@orpc/contract'
import { bytes } from './bytes.ts'
import { exportQuestion, type ExportReport } from './exports.ts'
import { checkpointChoice } from './latent.ts'
import { importQuestion } from './imports.ts'
import type { Evaluation, Progress } from './records.ts'
import { reference } from './reference.ts'
import { z } from './zod.ts'

export const jobKinds = ['export', 'import', 'evaluate', 'runtime'] as const
export type JobKind = (typeof jobKinds)[number]

/**
 * Titles of the installations: a page that is opened meanwhile finds by them what is being
 * installed.
 */
export const runtimeTitles = {
  cpu: 'Install the native runtime for the CPU',
  cuda: 'Install the native runtime for CUDA',
} as const

/** interrupted: the program ended while it worked; nothing half-made was left. */
export const jobStatuses = ['running', 'done', 'failed', 'cancelled', 'interrupted'] as const
export type JobStatus = (typeof jobStatuses)[number]

export type JobResult =
  /** `path`: on the owner's machine; null when it was kept for download (see `file`). */
  | { kind: 'export'; report: ExportReport; path: string | null }
  /**
   * Id of the run that was made; checkpoints of the file that are damaged and were left out, if
   * there are any.
   */
  | { kind: 'import'; run: string; damaged?: { step: number; why: string }[] }
  | { kind: 'evaluate'; evaluation: Evaluation }
  | { kind: 'runtime'; version: string; bytes: number }

export interface Job {
  id: string
  kind: JobKind
  /** "Export digits as ONNX": what a person called for. */
  title: string
  /** The run that it is about, or null. */
  run: string | null
  status: JobStatus
  /** Of a running one, once known. */
  progress: Progress | null
  createdAt: number
  endedAt: number | null
  /**
   * Of a failed one: expected, found, what to do. reason 'settings': other settings of the network,
   * or another order of axes, may mend it.
   */
  error: { code: string; message: string; reason?: string } | null
  result: JobResult | null
}

export type JobsUpdate = { kind: 'job'; job: Job } | { kind: 'removed'; id: string }

const job = z.object({ job: z.string().max(64) })

export const jobs = {
  /**
   * Answers at once. Errors that can be known at once (`bad-input` for a path, `not-found`) are
   * thrown, not kept as a job.
   */
  start: oc
    .input(
      z.discriminatedUnion('kind', [
        z.object({
          kind: z.literal('export'),
          ...exportQuestion,
          /**
           * An absolute path on the owner's machine; null keeps them for download: a folder, and
           * weights with their scripts, as one zip.
           */
          path: z.string().min(1).max(4096).nullable(),
          force: z.boolean().default(false),
        }),
        z.object({ kind: z.literal('import'), ...importQuestion }),
        z.object({
          kind: z.literal('evaluate'),
          run: reference,
          checkpoint: checkpointChoice.default('last'),
          split: z.enum(['train', 'validation', 'test']).default('test'),
          samples: z.int().min(0).max(5000).default(0),
        }),
        z.object({ kind: z.literal('runtime'), variant: z.enum(['cpu', 'cuda']).default('cpu') }),
      ]),
    )
    .output(type<Job>()),
  /** Newest first, at most 200. */
  list: oc.output(type<Job[]>()),
  get: oc.input(job).output(type<Job>()),
  /** Every job of the list first, then each that changes, at most four times a second each. */
  watch: oc.output(eventIterator(type<JobsUpdate>())),
  /**
   * One job until it has ended: progress, then its last state as the last item. Leaving does not
   * cancel it.
   */
  follow: oc.input(job).output(eventIterator(type<Job>())),
  /**
   * Answers when it has ended; one that had ended already stays as it is, and its status says how.
   */
  cancel: oc.input(job).output(type<Job>()),
  /** Out of the list, with what was kept for download. A running one is refused (`wrong-state`). */
  remove: oc.input(job).output(type<{ removed: string }>()),
  /**
   * What an export kept for download, from `offset` on, at most `maxAnswerBytes` (latent.ts) of it.
   */
  file: oc
    .input(z.object({ job: z.string().max(64), offset: z.int().min(0) }))
    .output(type<{ name: string; bytes: number; piece: Uint8Array }>()),
}

/** Bytes of a piece of an upload at most: as base64 it has to fit into one message. */
export const largestPiece = 512 * 1024

/**
 * A file of the page's machine, handed over in pieces, to be imported: `import` then takes its
 * `path`.
 */
export const uploads = {
  begin: oc
    .input(z.object({ name: z.string().min(1).max(255), bytes: z.int().min(1) }))
    .output(type<{ upload: string }>()),
  /**
   * Pieces in order; error bad-input with data.expected, the offset that comes next. The last one
   * answers with the path that an import takes.
   */
  piece: oc
    .input(z.object({ upload: z.string().max(64), offset: z.int().min(0), piece: bytes }))
    .output(type<{ path: string | null }>()),
  discard: oc
    .input(z.object({ upload: z.string().max(64) }))
    .output(type<{ discarded: boolean }>()),
}
