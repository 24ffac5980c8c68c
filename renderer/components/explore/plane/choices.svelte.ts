// What of the plane was chosen, all of it in the address. Each value stands for itself, so that a
// change of one (or of the cursor) asks for nothing that depends on another.
import { router } from '../../../router.svelte.ts'
import type { Scale } from '../../../draw/planeScale.ts'
import { classesOf, textOf } from './classText.ts'
import type { Extent } from './codes.svelte.ts'

export type Layers = 'both' | 'manifold' | 'points' | 'density'
export type Near = 'validation' | 'train'

export const usualGrid = 20
export const gridLimits = { least: 5, most: 60 }

const oneOf = <T extends string>(name: string, values: readonly T[], usual: T): T =>
  values.find((value) => value === router.params[name]) ?? usual

export class Choices {
  readonly layers = $derived(oneOf<Layers>('layers', ['manifold', 'points', 'density'], 'both'))
  readonly scale = $derived(oneOf<Scale>('spacing', ['quantile'], 'even'))
  readonly extent = $derived(oneOf<Extent>('codes', ['all'], 'validation'))
  readonly near = $derived(oneOf<Near>('near', ['train'], 'validation'))
  readonly veil = $derived(router.params['extrapolation'] !== '0')
  readonly grid = $derived(
    Math.max(
      gridLimits.least,
      Math.min(gridLimits.most, Math.round(router.number('grid', usualGrid))),
    ),
  )
  readonly #classes = $derived(router.params['classes'] ?? null)
  readonly shown = $derived(classesOf(this.#classes))

  /** A change that makes the window mean something else takes the window out of the address too. */
  set(
    changes: Partial<
      Record<
        'layers' | 'spacing' | 'codes' | 'near' | 'extrapolation' | 'grid',
        string | number | null
      >
    >,
  ): void {
    const window = 'spacing' in changes ? { view: null } : {}
    router.set({ ...changes, ...window }, { replace: true })
  }

  show(classes: readonly number[] | null): void {
    router.set({ classes: textOf(classes) }, { replace: true })
  }
}
