// What main asks a host about a latent space, and what the host answers: the contract's own shapes,
// with bytes where the contract has, without what only main knows (which run, live or stored).
import type {
  Clusters,
  CodesChoice,
  Densities,
  Explanation,
  LatentStatistics,
  Neighbours,
  Projection,
} from '../../../preload/contract/analysis.ts'
import type { Split } from '../../../preload/contract/records.ts'

/** z: count x Z row-major. */
export type AnalysisQuestion =
  | { kind: 'statistics'; codes: CodesChoice }
  | { kind: 'density'; codes: CodesChoice; z: Float64Array; count: number }
  | { kind: 'nearest'; codes: CodesChoice; z: Float64Array; count: number; neighbours: number }
  | {
      kind: 'explain'
      image: { kind: 'pixels'; pixels: Uint8Array } | { kind: 'split'; split: Split; index: number }
      samples: number
      seed: number
    }
  | {
      kind: 'clusters'
      codes: CodesChoice
      method: Clusters['method']
      k: number
      seed: number
      draws: number
      drawSeed: number
    }
  | {
      kind: 'project'
      codes: CodesChoice
      seed: number
      neighbours: number
      minimumDistance: number
    }

type OfHost<T> = Omit<T, 'run' | 'live'>

export interface AnalysisAnswers {
  statistics: OfHost<LatentStatistics>
  density: OfHost<Densities>
  nearest: OfHost<Neighbours>
  explain: OfHost<Explanation>
  clusters: OfHost<Clusters>
  project: OfHost<Projection>
}
export type AnalysisKind = keyof AnalysisAnswers
export type AnalysisAnswer = AnalysisAnswers[AnalysisKind]
export type QuestionOf<K extends AnalysisKind> = Extract<AnalysisQuestion, { kind: K }>
