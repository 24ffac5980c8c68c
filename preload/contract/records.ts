// What the store keeps and the contract shows. Times are milliseconds since 1970; losses are nats
// per image.
import type { Mode, RunConfig, Rung } from './runConfig.ts'

/**
 * preparing: host starting, data loading, compiling. interrupted: the process died; resumable.
 * diverged: NaN or Inf. stopped: by a person, resumable. failed: an error that a resume would meet
 * again.
 */
export const runStatuses = [
  'preparing',
  'running',
  'paused',
  'interrupted',
  'stopped',
  'finished',
  'diverged',
  'failed',
] as const
export type RunStatus = (typeof runStatuses)[number]
/** A run in one of these has a host process. */
export const liveStatuses: readonly RunStatus[] = ['preparing', 'running', 'paused']

/**
 * Columns of the per-step training series, in nats per image; objective is what the optimizer
 * minimises.
 */
export const metricColumns = ['reconstruction', 'kl', 'objective'] as const
export type MetricColumn = (typeof metricColumns)[number]

export interface Loss {
  reconstruction: number
  kl: number
  /** reconstruction + kl: the negative ELBO where the likelihood is one. */
  total: number
}

export interface Validation extends Loss {
  step: number
  klPerDimension: number[]
  /**
   * Dimensions whose posterior mean varies over the images, as in an Evaluation; older records lack
   * it.
   */
  activeUnits?: number
}

/** A part of what stands before a run's first step; seconds once it has ended. */
export interface Stage {
  text: string
  seconds: number | null
}

export interface Run {
  id: string
  name: string
  model: 'vae' | 'gan'
  status: RunStatus
  /**
   * Why it is in this status when that needs saying: the error, the crash, "validation did not
   * improve for 5 evaluations".
   */
  statusReason: string
  config: RunConfig
  /** Preset it was made from, if any. */
  preset: string | null
  step: number
  totalSteps: number
  stepsPerEpoch: number
  parameterCount: number
  createdAt: number
  startedAt: number | null
  endedAt: number | null
  /** Seconds spent in training steps (compiling, evaluating and pauses excluded). */
  trainSeconds: number
  compileSeconds: number
  imagesPerSecond: number
  backend: Rung | null
  mode: Mode | null
  threads: number | null
  /** Version of the backend's library, such as "TensorFlow 2.21.0". */
  backendVersion: string
  datasetHash: string
  last: Loss | null
  lastValidation: Validation | null
  bestValidation: Validation | null
  /** Index into the ten-colour palette; a run keeps it everywhere. */
  colour: number
  notes: string
  /** Set while in the trash; undone by runs.restore. */
  deletedAt: number | null
  /**
   * While it prepares: its stages, and the seconds that the last one had taken when this was sent.
   * Not stored.
   */
  preparation?: { stages: Stage[]; elapsed: number }
}

export interface RunSummary extends Run {
  /** Up to 60 means of the total over equal stretches of steps, first to last. */
  sparkline: number[]
  /** Step of the newest stored frame, null when there is none. */
  frameStep: number | null
  /** Rises with every run that is made or imported here, whatever the clock says. */
  order: number
}

export const checkpointReasons = ['interval', 'pause', 'stop', 'best', 'end', 'start'] as const
export type CheckpointReason = (typeof checkpointReasons)[number]

/**
 * frame: the weights of a stored frame without optimizer state. They are explored, evaluated and
 * exported like any checkpoint, but training never resumes from them.
 */
export type StoredReason = CheckpointReason | 'frame'

export interface Checkpoint {
  run: string
  step: number
  reason: StoredReason
  /** File name inside the run's folder. */
  file: string
  sha256: string
  bytes: number
  createdAt: number
  backend: Rung
  mode: Mode
  /** Validation total at this step when it was measured, nats per image. */
  validationTotal: number | null
  /** False when the file was found missing or damaged. */
  usable: boolean
}

export interface FrameInfo {
  step: number
  /** Tiles per side of the manifold, then pixels of one tile. */
  grid: number
  tileWidth: number
  tileHeight: number
  /** How many fixed validation images are reconstructed beside the manifold. */
  reconstructions: number
}

/**
 * frame pixels: grey uint8, [grid*grid tiles in reading order, each tileHeight*tileWidth], then
 * originals, then reconstructions.
 */
export interface Frame extends FrameInfo {
  pixels: Uint8Array
}

export interface RunEvent {
  id: number
  run: string
  at: number
  step: number
  kind:
    | 'created'
    | 'started'
    | 'paused'
    | 'resumed'
    | 'stopped'
    | 'finished'
    | 'interrupted'
    | 'diverged'
    | 'failed'
    | 'replayed'
    | 'checkpoint-damaged'
    | 'renamed'
    | 'deleted'
    | 'restored'
    | 'note'
  text: string
}

/** Steps from the first to the last, both included. */
export interface StepRange {
  firstStep: number
  lastStep: number
}

/**
 * A stretch of the training series. stepsPerPoint 1: `data` holds count float32 (little endian) per
 * column, one column after the other. More: each column has count minima, then count maxima, then
 * count means. Point i covers the steps firstStep + i*stepsPerPoint ... (the first step of a run is
 * 1).
 */
export interface MetricsSeries {
  columns: MetricColumn[]
  firstStep: number
  stepsPerPoint: number
  count: number
  lastStep: number
  /** Stretches that the database has lost, in order: their values are NaN. */
  damaged: StepRange[]
  data: Uint8Array
}

/** What a follower of one run receives. Everything in it is already stored. */
export type RunUpdate =
  | { kind: 'run'; run: Run }
  | { kind: 'metrics'; firstStep: number; columns: Record<MetricColumn, number[]> }
  /** The series after this step was taken back: a resume replays from here. */
  | { kind: 'rewound'; step: number }
  | { kind: 'validation'; validation: Validation }
  | { kind: 'frame'; frame: FrameInfo }
  | { kind: 'checkpoint'; checkpoint: Checkpoint }
  /** A newer checkpoint replaced it, or a resume took its step back. */
  | { kind: 'checkpoint-removed'; step: number; reason: StoredReason }
  | { kind: 'event'; event: RunEvent }

/** What the watcher of the list receives; at most a few a second for each run. */
export type RunsUpdate = { kind: 'run'; run: RunSummary } | { kind: 'removed'; id: string }

export interface Evaluation {
  likelihood: string
  split: Split
  images: number
  step: number
  reconstruction: number
  kl: number
  negativeElbo: number
  klPerDimension: number[]
  /** Dimensions whose mean varies over the data: Var(mu) > 0.01 (Burda et al. 2016, section 5). */
  activeUnits: number
  /** Importance-sampled estimate of -log p(x) with `samples` samples (Burda et al. 2016, eq. 8). */
  nll?: number
  samples?: number
  /**
   * 0.5 * summed squared error of the reconstruction from the mean of z, and Bernoulli
   * cross-entropy on grey values: comparable over likelihoods.
   */
  squaredError: number
  greyCrossEntropy: number | null
}

export type Split = 'train' | 'validation' | 'test'

export interface DatasetInfo {
  name: string
  title: string
  width: number
  height: number
  channels: number
  classes: string[]
  images: Record<Split, number>
  /** sha256 over the files, hex. */
  hash: string
  licence: string
  source: string
}

export interface LadderReport {
  active: Rung | null
  ladder: { rung: Rung; ok: boolean; reason: string }[]
}

export interface SystemStatus {
  version: string
  node: string
  dataFolder: string
  storeBytes: number
  freeBytes: number
  runs: number
  shell: 'electron' | 'serve' | 'cli'
  /** The trainer process that waits for the next run; bytes resident where the system tells. */
  warm: { pid: number; bytes: number | null; ready: boolean } | null
}

/** Progress of a long job; `done` and `total` in `unit`. */
export interface Progress {
  stage: string
  done: number
  total: number
  unit: 'bytes' | 'steps' | 'images' | 'frames' | ''
}
