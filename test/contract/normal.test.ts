// The normal distribution of the quantile scale against Python's own
// (test/reference-other/normal.py).
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { spacing } from '../../preload/contract/latent.ts'
import { normalCumulative, normalQuantile } from '../../preload/contract/normal.ts'

interface Reference {
  cumulative: [number, number][]
  quantile: [number, number][]
}
const file = join(import.meta.dirname, '../reference-other/normal.json')
const reference = JSON.parse(readFileSync(file, 'utf8')) as Reference

describe('normal', () => {
  it.each(reference.cumulative)('P(Z <= %f)', (x, expected) => {
    const size = Math.abs(x)
    const tolerance = size < 3.5 ? 1e-12 : size < 7.07 ? 1e-8 : 1e-6 // the far tail is a continued fraction of five terms
    expect(Math.abs(normalCumulative(x) - expected)).toBeLessThanOrEqual(
      tolerance * expected + 1e-300,
    )
  })

  it.each(reference.quantile)('quantile at %f', (p, expected) => {
    expect(Math.abs(normalQuantile(p) - expected)).toBeLessThanOrEqual(
      2e-9 * Math.max(1, Math.abs(expected)),
    )
  })
})

describe('the window of a manifold', () => {
  const even = { kind: 'window', across: [-1, 1], down: [0, 2] }
  it('is even unless said otherwise', () => {
    expect(spacing.parse(even)).toEqual({ ...even, scale: 'even' })
  })

  it.each([
    ['falls', { ...even, across: [1, -1] }],
    ['is empty', { ...even, across: [1, 1] }],
    ['is infinite', { ...even, down: [0, Infinity] }],
    ['is no number', { ...even, down: [NaN, 1] }],
    ['is farther than anything', { ...even, down: [0, 1e9] }],
    ['has levels beyond 0 and 1', { ...even, scale: 'quantile' }],
    ['has another scale', { ...even, scale: 'log' }],
  ])('is refused where it %s', (_, wrong) => {
    expect(spacing.safeParse(wrong).success).toBe(false)
  })
})
