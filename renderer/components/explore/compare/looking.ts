// What all compared spaces have in common: the cursor of the first run, what is asked of each,
// whose weights.
import type { CheckpointChoice } from '../../../../preload/contract/latent.ts'
import type { Run } from '../../../../preload/contract/records.ts'
import type { ExploreContext } from '../exploreContext.svelte.ts'
import type { Inputs } from './inputs.ts'

export interface Looking {
  readonly subject: ExploreContext
  /** The common images; null while the same z is decoded everywhere. */
  readonly inputs: Inputs | null
  /** Whether encoded images are drawn on the planes. */
  readonly points: boolean
  /** Half the width of every plane: the same, so that a place is the same z on all of them. */
  readonly limit: number
  /** Null where the run has no weights. */
  weightsOf(run: string): CheckpointChoice | null
  /** Whether a run was trained on the images of the first one. */
  sharesData(run: Run | null): boolean
}
