// What the service may do with a run that trains, and what it may ask: its process is in
// trainerProcess.ts.
import type { Run } from '../../preload/contract/records.ts'
import type { HostClient } from './hostClient.ts'

export type TrainerState = 'preparing' | 'running' | 'paused' | 'over'

export interface LiveTrainer {
  /** Questions to its process. */
  readonly line: HostClient
  readonly state: TrainerState
  /** The stages of its preparation so far. */
  readonly preparation: NonNullable<Run['preparation']>
  pause(): void
  /** True when it was asked to pause while it prepared, and now will not. */
  takeBackPause(): boolean
  resume(): void
  /** `reason` becomes the run's status reason. */
  stop(reason: string): void
  /** Ends the process at once; the run goes on from its last checkpoint later. */
  abandon(reason: string): void
  /** Resolves true once the state is one of these (`over` always counts), false after the limit. */
  reached(states: TrainerState[], limit: number): Promise<boolean>
}
