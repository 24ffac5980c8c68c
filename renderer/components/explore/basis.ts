// What spans a plane of a latent space: two of its dimensions, the first two principal components
// of the encoded means, or nothing (UMAP). One choice for all tools, in the address.
import type { ParamChanges, Params } from '../../address.ts'

export type Basis = 'dimensions' | 'components' | 'umap'

/**
 * Of more than two dimensions the principal components, unless something else was chosen: two
 * dimensions of many show little of where the images lie. Naming dimensions (`dims=3.7`) chooses
 * them too.
 */
export function basisOf(params: Params, latentSize: number): Basis {
  if (latentSize <= 2) return 'dimensions'
  const named = (['dimensions', 'components', 'umap'] as const).find(
    (each) => each === params['basis'],
  )
  return named ?? (params['dims'] === undefined ? 'components' : 'dimensions')
}

/**
 * The changes of an address that choose a basis. What part of the plane was shown means nothing on
 * another.
 */
export function basisParams(basis: Basis): ParamChanges {
  return { basis, view: null }
}

/** "PC 1", or "z₃" of index 2. */
export function axisNames(basis: Basis, [a, b]: readonly [number, number]): [string, string] {
  if (basis === 'umap') return ['UMAP 1', 'UMAP 2']
  if (basis === 'components') return ['PC 1', 'PC 2']
  return [`z${subscript(a + 1)}`, `z${subscript(b + 1)}`]
}

function subscript(value: number): string {
  return String(value).replace(/\d/g, (digit) => String.fromCharCode(0x2080 + Number(digit)))
}
