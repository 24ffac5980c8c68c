// What main and a host process say to each other (structured clone; typed arrays travel as they
// are). One host program, two roles here: `trainer` (one per running run) and `viewer` (one, for
// stored checkpoints).
import type { ErrorCode } from '../../preload/contract/errors.ts'
import type {
  Evaluation,
  LadderReport,
  MetricColumn,
  Progress,
  Split,
  Stage,
  StoredReason,
  Validation,
} from '../../preload/contract/records.ts'
import type { Spacing } from '../../preload/contract/latent.ts'
import type { Mode, RunConfig, Rung } from '../../preload/contract/runConfig.ts'
import type { AnalysisAnswer, AnalysisQuestion } from './analyses/question.ts'

/** What a latent request is about, whoever answers it. */
export type LatentRequest =
  | { kind: 'decode'; z: Float32Array; count: number; as: 'uint8' | 'float32' }
  | {
      kind: 'manifold'
      grid: number
      spacing: Spacing
      dimensions: [number, number]
      /** Instead of dimensions: z = at + across * a + down * b, each of Z numbers. */
      directions: [number[], number[]] | null
      at: number[] | null
      firstRow: number
      rows: number
    }
  | {
      kind: 'encode'
      images:
        | { kind: 'pixels'; as: 'uint8' | 'float32'; count: number; pixels: Uint8Array }
        | { kind: 'split'; split: Split; first: number; count: number }
    }
  | { kind: 'reconstruct'; split: Split; indices: number[] }
  | { kind: 'sample'; count: number; seed: number; as: 'uint8' | 'float32' }

export interface LatentAnswer {
  step: number
  count: number
  width: number
  height: number
  channels: number
  /** pixels (uint8 or float32 bytes), or posteriors (float32 bytes, N x 2Z) for encode. */
  bytes: Uint8Array
  latentSize: number
  labels: number[]
  rows?: number[]
  columns?: number[]
  /** sample: the drawn z, count x Z. */
  z?: number[][]
}

/**
 * A stored checkpoint as the viewer needs it: absolute path, expected hash, the run's checked
 * config.
 */
export interface StoredModel {
  run: string
  step: number
  file: string
  sha256: string
  config: RunConfig
}

/**
 * A backend to leave out, and why: it passed its check, and then failed in a process that was to
 * use it.
 */
export interface AvoidedRung {
  rung: Rung
  reason: string
}

export interface TrainerStart {
  kind: 'train'
  run: string
  config: RunConfig
  /** Folder of the run's checkpoint files (exists). */
  folder: string
  cacheFolder: string
  /** Resume from here; null starts at step 0. */
  checkpoint: { file: string; sha256: string; step: number } | null
  /** Rung and mode of the run's record when it has been trained before, else null. */
  recorded: { backend: Rung; mode: Mode; threads: number } | null
  /** Backends that failed to start for this run: not tried again. */
  avoid: AvoidedRung[]
  /** Fixed chunk length in steps for tests; null adapts to 60 ms, 10 while somebody drags. */
  chunkSteps: number | null
  startPaused: boolean
}

/**
 * A trainer that has no run yet: load what runs of these settings need, so that the run itself
 * starts sooner.
 */
export interface WarmUp {
  kind: 'warm'
  cacheFolder: string
  config: RunConfig
  /** Compile the programs of these settings too. */
  compile: boolean
}

export type ToHost =
  | TrainerStart
  | WarmUp
  | { kind: 'pause' }
  | { kind: 'resume' }
  /** Save a checkpoint and end. */
  | { kind: 'stop' }
  /** Steps up to this one are stored; the trainer stays at most a few chunks ahead of it. */
  | { kind: 'stored'; step: number }
  | { kind: 'latent'; id: number; model: StoredModel | null; request: LatentRequest }
  | { kind: 'analyse'; id: number; model: StoredModel | null; question: AnalysisQuestion }
  | { kind: 'evaluate'; id: number; model: StoredModel; split: Split; samples: number }
  | { kind: 'ladder'; id: number; force: boolean }
  /** The viewer's start: where caches lie. */
  | { kind: 'view'; cacheFolder: string; avoid: AvoidedRung[] }
  | { kind: 'cancel'; id: number }

export type FromHost =
  /** note: why this mode or rung, when that needs saying. */
  | {
      kind: 'started'
      backend: Rung
      backendVersion: string
      mode: Mode
      threads: number
      totalSteps: number
      stepsPerEpoch: number
      parameterCount: number
      datasetHash: string
      step: number
      compileSeconds: number
      note: string
      /** What the preparation took, stage by stage. */
      stages?: Stage[]
    }
  /** count consecutive steps from firstStep; each column count long. */
  | {
      kind: 'metrics'
      firstStep: number
      count: number
      columns: Record<MetricColumn, Float32Array>
      seconds: number
      imagesPerSecond: number
    }
  | { kind: 'validation'; validation: Validation; best: boolean }
  | {
      kind: 'frame'
      step: number
      grid: number
      tileWidth: number
      tileHeight: number
      reconstructions: number
      pixels: Uint8Array
    }
  /** The file lies complete in the run's folder under its final name. */
  | {
      kind: 'checkpoint'
      step: number
      reason: StoredReason
      file: string
      sha256: string
      bytes: number
      validationTotal: number | null
    }
  | { kind: 'state'; state: 'running' | 'paused'; step: number }
  | { kind: 'ended'; outcome: 'finished' | 'stopped' | 'diverged'; step: number; reason: string }
  | { kind: 'failed'; code: ErrorCode; message: string; data: Record<string, unknown> }
  /**
   * From here on this backend is loaded; should the process die, that is its doing. null: it works.
   */
  | { kind: 'trying'; rung: Rung | null }
  /** It could not be started on this backend. */
  | { kind: 'rung-failed'; rung: Rung; reason: string }
  /** A better backend is installed but was left, and why. */
  | { kind: 'rung-left'; rung: Rung; reason: string }
  /**
   * A stage of the preparation has begun, such as "Compiling (XLA)"; those before it, each with its
   * seconds.
   */
  | { kind: 'stage'; text: string; before?: Stage[] }
  /** What was asked for by `warm` is there; the threads that the backend was loaded with. */
  | { kind: 'warmed'; backend: Rung; threads: number; compiled: boolean }
  | { kind: 'answer'; id: number; value: LatentAnswer | AnalysisAnswer | Evaluation | LadderReport }
  | { kind: 'progress'; id: number; progress: Progress }
  | { kind: 'refused'; id: number; code: ErrorCode; message: string; data: Record<string, unknown> }

/**
 * One end of the line to a host, whatever forked it (child_process here, utilityProcess under
 * Electron).
 */
export interface HostPort {
  pid: number | null
  send(message: ToHost): void
  onMessage(listener: (message: FromHost) => void): void
  /** Called once; `reason` says how it ended ("killed by SIGKILL", "exit code 134"). */
  onExit(listener: (reason: string, manner: 'well' | 'killed' | 'failed') => void): void
  kill(): void
}

/** Starts a host process in a role. */
export type Fork = (role: 'trainer' | 'viewer') => HostPort
