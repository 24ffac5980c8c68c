// Which other runs stand beside the first and whose weights of each are looked at, as the address
// holds them: `with=a,b` their ids, `at=best,1200` the weights of each in the same order, left out
// where all follow the newest.
import type { CheckpointChoice } from '../../../../preload/contract/latent.ts'
import type { ParamChanges, Params } from '../../../address.ts'

export interface Chosen {
  id: string
  weights: CheckpointChoice
}

/** The other runs of an address: each once, never the first. */
export function chosenOf(params: Params, first: string): Chosen[] {
  const ids = (params['with'] ?? '').split(',').map((id) => id.trim())
  const weights = (params['at'] ?? '').split(',')
  const all = ids.map((id, index) => ({ id, weights: weightsOf(weights[index]) }))
  return all.filter(({ id }, index) => id !== '' && id !== first && ids.indexOf(id) === index)
}

/** The same as parameters of an address. */
export function paramsOf(chosen: readonly Chosen[]): ParamChanges {
  const follow = chosen.every(({ weights }) => weights === 'live')
  return {
    with: chosen.map(({ id }) => id).join(',') || null,
    at: follow ? null : chosen.map(({ weights }) => weights).join(','),
  }
}

/** What stands in an address or in a list of choices; anything else follows the newest. */
export function weightsOf(text: string | undefined): CheckpointChoice {
  if (text === 'best' || text === 'last') return text
  const step = text ? Number(text) : NaN
  return Number.isInteger(step) && step >= 0 ? step : 'live'
}
