// The loss of one image beside the mean of the validation images, row by row. In a row both columns
// are the same sum with the same weights: the plain one first, then what training lowers where its
// KL weighs otherwise.
import type { Loss } from '../../../../preload/contract/records.ts'
import type { RunConfig } from '../../../../preload/contract/runConfig.ts'
import { decimal } from '../../../format.ts'
import { lossName } from '../../../../preload/contract/likelihood.ts'

export interface LossRow {
  name: string
  /** What the sum is, where its name does not say it. */
  hint?: string
  /** Nats; `there` is missing before the first validation. */
  here: number
  there: number | undefined
}

type Parts = Pick<Loss, 'reconstruction' | 'kl'>

/** klWeight: of the KL in the objective at the step of `here`. */
export function lossRows(
  config: RunConfig,
  klWeight: number,
  here: Parts,
  there: Parts | undefined,
): LossRow[] {
  const row = (name: string, of: (parts: Parts) => number, hint?: string): LossRow => ({
    name,
    ...(hint ? { hint } : {}),
    here: of(here),
    there: there && of(there),
  })
  const named = lossName(config)
  return [
    row('Reconstruction', (parts) => parts.reconstruction),
    row('KL', (parts) => parts.kl),
    row(
      named.charAt(0).toUpperCase() + named.slice(1),
      (parts) => parts.reconstruction + parts.kl,
      'Reconstruction + KL',
    ),
    ...(klWeight === 1
      ? []
      : [
          row(
            `With KL × ${decimal(klWeight, 3)}`,
            (parts) => parts.reconstruction + klWeight * parts.kl,
            'What training minimises, with its weight on KL. Both columns use the same weight.',
          ),
        ]),
  ]
}
