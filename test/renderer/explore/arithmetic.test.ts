// Attribute vectors: the sum, its strengths, and the terms of the address.
import { describe, expect, it } from 'vitest'
import {
  attributePoint,
  distanceOf,
  parseTerm,
  strengthOf,
  stripStrengths,
  usualTerms,
} from '../../../renderer/components/explore/attributes/arithmetic.ts'

const [a, b, c] = [
  [1, 2],
  [0, -1],
  [10, 20],
]

describe('attribute vectors', () => {
  it('are a - b + c at strength 1, c at 0, and go the other way below', () => {
    expect(attributePoint(a!, b!, c!, 1)).toEqual([11, 23])
    expect(attributePoint(a!, b!, c!, 0)).toEqual([10, 20])
    expect(attributePoint(a!, b!, c!, -2)).toEqual([8, 14])
    expect(distanceOf(a!, b!)).toBeCloseTo(Math.sqrt(10), 12)
  })

  it('has strips from -2 to 2 with 0 in the middle', () => {
    const strengths = stripStrengths()
    expect([strengths[0], strengths[8], strengths[12], strengths[16]]).toEqual([-2, 0, 1, 2])
  })

  it('reads a strength, holds it inside, and takes 1 for what is none', () => {
    expect([null, '', 'x', '0', '-0.25', '9'].map(strengthOf)).toEqual([1, 1, 1, 0, -0.25, 2])
  })
})

describe('terms', () => {
  it('are classes, images and points', () => {
    expect(parseTerm('class:3')).toEqual({ kind: 'class', label: 3 })
    expect(parseTerm('test:12')).toEqual({ kind: 'image', split: 'test', index: 12 })
    expect(parseTerm('z:0.5,-1')).toEqual({ kind: 'point', z: [0.5, -1] })
    for (const wrong of [undefined, '', 'class:', 'class:x', 'nothing:1', 'z:1,,2'])
      expect(parseTerm(wrong)).toBeNull()
  })

  it('are classes by default where there are two, else images', () => {
    expect(usualTerms(10, [6, 3]).a).toEqual({ kind: 'class', label: 9 })
    expect(usualTerms(10, [6, 3]).c).toEqual({ kind: 'image', split: 'validation', index: 6 })
    expect(Object.values(usualTerms(0, [0, 1, 2])).map((term) => term.kind)).toEqual([
      'image',
      'image',
      'image',
    ])
    expect(usualTerms(10, [])).toEqual({})
  })
})
