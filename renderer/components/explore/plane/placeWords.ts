// What is known of the place under the cursor, in words.
import type { Judged } from './judgement.svelte.ts'

/** How the place compares to where the data's codes lie. The levels are densities that 1 % and 50 % of draws fall below. */
export function rarity({ posterior, rare, usual }: Pick<Judged, 'posterior' | 'rare' | 'usual'>): { word: string; text: string } {
  if (posterior < rare)
    return { word: 'extrapolation', text: 'rarer than 99 % of the data’s codes: nothing like it was encoded here' }
  if (posterior < usual) return { word: 'sparse', text: 'rarer than half of the data’s codes' }
  return { word: 'usual', text: 'as common as the more common half of the data’s codes' }
}

/** Mean length of a draw from N(0, I) in Z dimensions, to a thousandth: sqrt(Z) (1 - 1/(4Z) + 1/(32Z^2)). */
export function usualLength(latentSize: number): number {
  const inverse = 1 / latentSize
  return Math.sqrt(latentSize) * (1 - inverse / 4 + (inverse * inverse) / 32 + (5 * inverse ** 3) / 128)
}

export function lengthOf(z: readonly number[]): number {
  return Math.hypot(...z)
}
