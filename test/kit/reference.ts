// Values from implementations that we did not write, from test/reference or the folder named by
// LATENT_REFERENCE (same file names, other numbers and sizes), and the comparison at float32
// tolerances.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'

const folder = process.env['LATENT_REFERENCE'] ?? join(import.meta.dirname, '..', 'reference')

export function reference<T>(name: string): T {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as T
}

export type Nested = number | Nested[]

export type NestedTree = { [key: string]: Nested | NestedTree }

export const flatten = (values: Nested): number[] =>
  typeof values === 'number' ? [values] : values.flatMap(flatten)

/** {encoder: {"0": {weight}}} in any nesting -> {"encoder.0.weight": values}. */
export function byName(tree: NestedTree, prefix = ''): Record<string, Nested> {
  const named = Object.entries(tree).map(([key, value]) =>
    typeof value === 'number' || Array.isArray(value)
      ? { [prefix + key]: value }
      : byName(value, `${prefix}${key}.`),
  )
  return Object.assign({}, ...named) as Record<string, Nested>
}

export function shapeOf(values: Nested): number[] {
  return typeof values === 'number'
    ? []
    : [values.length, ...(values.length > 0 ? shapeOf(values[0]!) : [])]
}

/**
 * Every value within `relative` of the expected one, or within `absolute` near zero. Returns the
 * largest relative error.
 */
export function expectClose(
  found: ArrayLike<number>,
  expected: Nested,
  relative: number,
  absolute = 1e-6,
  what = '',
): number {
  const wanted = flatten(expected)
  expect(found.length, `${what}: number of values`).toBe(wanted.length)
  let worst = 0
  wanted.forEach((value, i) => {
    const error = Math.abs(found[i]! - value)
    if (error > absolute) worst = Math.max(worst, error / Math.abs(value))
    if (!(error <= absolute + relative * Math.abs(value)))
      expect.fail(`${what}[${i}]: expected ${value}, found ${found[i]} (error ${error})`)
  })
  return worst
}
