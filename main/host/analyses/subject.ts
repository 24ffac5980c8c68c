// What an analysis works with, whoever answers it: a model whose weights stay as they are until it
// is done, the data, and the codes of images under that model.
import type { CodesChoice } from '../../../preload/contract/analysis.ts'
import type { Progress } from '../../../preload/contract/records.ts'
import type { Dataset } from '../../datasets/index.ts'
import type { VariationalAutoencoder } from '../../engine/model.ts'
import {
  chosenCount,
  codesBytes,
  encodeCodes,
  type Codes,
  type KeptCodes,
  type Pixels,
} from './codes.ts'

export interface Subject {
  model: VariationalAutoencoder
  step: number
  dataset: Dataset
  /**
   * Of a model in training they may be a moment older than its step (see KeptCodes); never with
   * `exact`.
   */
  codes(choice: CodesChoice, exact?: boolean, shown?: Pixels): Promise<Codes>
  /**
   * Awaited between stretches of work: lets other requests in, and throws when this one was
   * cancelled.
   */
  breathe(): Promise<void>
  cancelled: AbortSignal
  progress(progress: Progress): void
}

/** `name` tells models apart whose codes lie in the same keep. */
export function subjectOf(
  parts: Pick<Subject, 'model' | 'step' | 'dataset' | 'cancelled' | 'progress'>,
  kept: KeptCodes,
  name: string,
): Subject {
  const { model, step, dataset, cancelled } = parts
  return {
    ...parts,
    async breathe() {
      await pause()
      cancelled.throwIfAborted()
    },
    codes(choice, exact = false, shown = 'grey') {
      const count = chosenCount(choice, dataset)
      const key = `${name} ${choice.split} ${count} ${shown}`
      // others may wait for the same codes: who cancels does not stop the encoding
      return kept.get(key, step, exact, codesBytes(count, model.config.latentSize), () =>
        encodeCodes(model, step, dataset, choice, shown, pause),
      )
    },
  }
}

const pause = () => new Promise<void>((resolve) => setImmediate(resolve))
