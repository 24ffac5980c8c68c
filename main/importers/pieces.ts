// What an importer hands to the store: small pieces one after the other, and at the end the run
// that they belong to.
import type { Checkpoint, FrameInfo, Validation } from '../../preload/contract/records.ts'
import type { RunConfig } from '../../preload/contract/runConfig.ts'
import type { ManifestRun } from './runManifest.ts'

export type ImportPiece =
  /** Steps from firstStep on: reconstruction, kl, objective. */
  | { kind: 'metrics'; firstStep: number; lanes: Float32Array[] }
  | { kind: 'validations'; list: Validation[] }
  | { kind: 'events'; list: { at: number; step: number; kind: string; text: string }[] }
  | { kind: 'frame'; info: FrameInfo; encoding: 'raw' | 'deflate'; pixels: Uint8Array }

export interface DamagedCheckpoint {
  step: number
  why: string
}

export interface ImportedRun {
  record: ManifestRun
  config: RunConfig
  /** Steps whose metrics were among the pieces. */
  metricSteps: number
  /** Their files lie in the run's folder. */
  checkpoints: Omit<Checkpoint, 'run'>[]
  /** Those that were left out, and what is wrong with each. */
  damaged: DamagedCheckpoint[]
}
