// The stops of an interpolation survive the address; what is no stop is left out.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  mostStops,
  movedStop,
  parseStops,
  stopName,
  stopsText,
  type Stop,
} from '../../../renderer/components/explore/interpolate/stops.ts'

const stop: fc.Arbitrary<Stop> = fc.oneof(
  fc.record({
    kind: fc.constant('image' as const),
    split: fc.constantFrom('train' as const, 'validation' as const, 'test' as const),
    index: fc.nat(69_999),
  }),
  fc.record({ kind: fc.constant('class' as const), label: fc.nat(99) }),
  fc.record({
    kind: fc.constant('point' as const),
    z: fc.array(
      fc.integer({ min: -50_000, max: 50_000 }).map((n) => n / 10_000 || 0),
      { minLength: 1, maxLength: 12 },
    ),
  }),
)

describe('stops in the address', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.array(stop, { minLength: 1, maxLength: mostStops }), (stops) => {
        expect(parseStops(stopsText(stops))).toEqual(stops)
      }),
    )
  })

  it('tells an emptied list from one that was never made', () => {
    expect(parseStops(undefined)).toBeNull()
    expect(parseStops(stopsText([]))).toEqual([])
  })

  it('leaves out what is no stop, and what is too much', () => {
    expect(parseStops('test:12_nonsense_z:1,x_z:_class:-1_test:1e9_class:3')).toEqual([
      { kind: 'image', split: 'test', index: 12 },
      { kind: 'class', label: 3 },
    ])
    expect(parseStops(Array(40).fill('class:1').join('_'))).toHaveLength(mostStops)
  })

  it('are moved and named', () => {
    const stops = parseStops('test:1_class:2_z:0.5,-1')!
    expect(stopsText(movedStop(stops, 2, 0))).toBe('z:0.5,-1_test:1_class:2')
    expect(stops.map((each) => stopName(each, ['zero', 'one', 'two']))).toEqual([
      'test 1',
      'mean of class two',
      'z = (0.5, −1)',
    ])
  })
})
