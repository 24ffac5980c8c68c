// What is known of the place under the cursor, in words.
import type { Health } from '../../../../preload/contract/health.ts'
import type { Judged } from './densityProbe.svelte.ts'

/**
 * How the place compares to where the data's codes lie. The levels are densities that 1 % and 50 %
 * of draws fall below.
 */
export function rarity(
  { posterior, rare, usual }: Pick<Judged, 'posterior' | 'rare' | 'usual'>,
  health: Health | null,
): { word: string; text: string } {
  // all codes lie in one place then, and where that is says nothing about the images
  if (health?.kind === 'collapsed')
    return {
      word: 'Collapsed',
      text: 'all images have nearly the same code, and every point decodes to nearly the same image.',
    }
  if (posterior < rare) return { word: 'Empty region', text: 'no images are encoded near here.' }
  if (posterior < usual) return { word: 'Sparse', text: 'few images are encoded near here.' }
  return { word: 'Typical', text: 'many images are encoded near here.' }
}

/**
 * Mean length of a draw from N(0, I) in Z dimensions, to a thousandth: sqrt(Z) (1 - 1/(4Z) +
 * 1/(32Z^2)).
 */
export function usualLength(latentSize: number): number {
  const inverse = 1 / latentSize
  return (
    Math.sqrt(latentSize) * (1 - inverse / 4 + (inverse * inverse) / 32 + (5 * inverse ** 3) / 128)
  )
}

export function lengthOf(z: readonly number[]): number {
  return Math.hypot(...z)
}
