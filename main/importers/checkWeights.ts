// The one check of imported weights, from whichever file: all of the model's arrays are there, in
// their shapes, and every number is finite. A model with one NaN answers NaN to everything.
import type { NamedArrays } from '../engine/modelState.ts'

/** What is wrong with the arrays of a model, or null. */
export function faultIn(
  arrays: NamedArrays,
  shapes: ReadonlyMap<string, readonly number[]>,
): string | null {
  for (const [name, shape] of shapes) {
    const array = arrays[name]
    if (array?.shape.join() !== shape.join()) return `it has no ${name} of ${shape.join(' x ')}`
    if (!array.values.every(Number.isFinite))
      return `${name} has values that are not finite float32 numbers`
  }
  return null
}
