// The chart's data: one x for all series, readings sorted, ranges that hold everything visible, and
// figures that carry it.
import { describe, expect, it } from 'vitest'
import { Curve } from '../../../renderer/draw/curve.ts'
import { csvOf, lineEnds, svgOf, type FigureStyle } from '../../../renderer/draw/figure.ts'
import { alignColumns, nearestIndex, valueRange, type Panel } from '../../../renderer/draw/panel.ts'

function panelOf(values: number[], points = 100): Panel {
  const curve = new Curve()
  curve.follow([Float32Array.from(values)], 0)
  return {
    title: 'KL',
    unit: 'nats per image',
    from: 1,
    to: values.length,
    raw: true,
    train: curve.thin(1, values.length, points),
    validation: { steps: [0, 2, 5], values: [9, 4.5, 3.5] },
  }
}
const style: FigureStyle = {
  width: 480,
  height: 320,
  background: '#ffffff',
  text: '#111111',
  line: '#dddddd',
  series: '#2244cc',
  xLog: false,
  yLog: false,
}

describe('panel', () => {
  it('aligns both series on one x', () => {
    expect(alignColumns(panelOf([5, 4, 3]))).toEqual([
      [0, 1, 2, 3, 5],
      [null, 5, 4, 3, null],
      [null, 5, 4, 3, null],
      [null, 5, 4, 3, null],
      [9, null, 4.5, null, 3.5],
    ])
  })

  it('has no raw values where they are not wanted', () => {
    const panel = { ...panelOf([5, 4, 3]), raw: false }
    expect(
      alignColumns(panel).map((column) => column.filter((value) => value !== null).length),
    ).toEqual([5, 0, 0, 3, 3])
    // nor do they decide what the axis shows
    const spiky = { ...panel, train: { ...panel.train, maximum: Float32Array.from([5, 4000, 3]) } }
    expect(valueRange(spiky, false)!.high).toBeLessThan(10)
    expect(svgOf(panel, style)).not.toContain('fill-opacity')
    expect(svgOf({ ...panel, raw: true }, style)).toContain('fill-opacity')
  })

  it('shows NaN as a gap', () => {
    expect(alignColumns(panelOf([5, Number.NaN, 3]))[1].slice(1, 4)).toEqual([5, null, 3])
  })

  it('ranges over what is visible, from 0 where the values come near it', () => {
    const { low, high } = valueRange({ ...panelOf([500, 4, 3]), from: 2 }, false)!
    expect(low).toBeLessThanOrEqual(3)
    expect(high).toBeGreaterThanOrEqual(4.5)
    expect(high).toBeLessThan(6)
    expect(valueRange(panelOf([5, 0.5, 2]), false)!.low).toBe(0)
    expect(
      valueRange({ ...panelOf([0, 0, 1]), validation: { steps: [], values: [] } }, true)!.low,
    ).toBeGreaterThan(0)
    expect(valueRange({ ...panelOf([]), validation: { steps: [], values: [] } }, false)).toBe(null)
  })

  it('leaves out the spike of the first steps and says so, but never on a logarithmic axis', () => {
    const values = Array.from({ length: 200 }, (_, i) => (i < 2 ? 900 : 100 + (i % 7)))
    const range = valueRange(
      { ...panelOf(values, 1000), validation: { steps: [], values: [] } },
      false,
    )!
    expect(range.high).toBeLessThan(120)
    expect(range.beyond).toEqual({ step: 1, value: 900 })
    expect(valueRange(panelOf(values, 1000), true)!).toMatchObject({ beyond: null })
    // on a logarithmic axis of steps the first ones have room of their own, but a run that explodes
    // is cut there too
    const falling = Array.from({ length: 60 }, (_, i) => 550 / (i + 1) + 100)
    expect(valueRange(panelOf(falling, 1000), false, true)!.high).toBeGreaterThan(600)
    const exploding = [...falling, 1e9]
    expect(valueRange(panelOf(exploding, 1000), false, true)).toMatchObject({
      beyond: { step: 61, value: 1e9 },
    })
    expect(valueRange(panelOf(exploding, 1000), false, true)!.high).toBeLessThan(1000)
    // a series that simply falls is shown whole
    expect(
      valueRange(
        {
          ...panelOf([30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10]),
          validation: { steps: [], values: [] },
        },
        false,
      )!.beyond,
    ).toBe(null)
  })

  it('finds the nearest of a rising list', () => {
    expect([0, 1.4, 1.6, 99].map((wanted) => nearestIndex([0, 1, 2, 5], wanted))).toEqual([
      0, 1, 2, 3,
    ])
    expect(nearestIndex([7], 100)).toBe(0)
  })
})

describe('figures', () => {
  it('carry lines, axes with units and labels, and no markup from outside', () => {
    const svg = svgOf({ ...panelOf([5, 4, 3]), title: 'a<b>&' }, style)
    expect(svg).toContain('nats per image')
    expect(svg).toContain('>step<')
    expect(svg).toContain('stroke-dasharray')
    expect(svg).toContain('>validation<')
    expect(svg).not.toContain('<b>')
    expect(svg.match(/<circle/g)).toHaveLength(3)
    expect(svg).not.toMatch(/NaN|Infinity|undefined/)
  })

  it('stay whole on logarithmic axes with values of 0 and with NaN', () => {
    expect(svgOf(panelOf([0, 4, Number.NaN]), { ...style, xLog: true, yLog: true })).not.toMatch(
      /NaN|Infinity|undefined/,
    )
  })

  it('name the ends of their lines', () => {
    expect(lineEnds({ ...panelOf([5, 4, 3]), to: 2 })).toEqual([
      { name: 'train', step: 2, value: 4 },
      { name: 'validation', step: 2, value: 4.5 },
    ])
  })

  it('come as CSV with a row a step', () => {
    const lines = csvOf(panelOf([5, 4]))
      .trim()
      .split('\n')
    expect(lines).toEqual([
      'step,kl_train_minimum,kl_train_maximum,kl_train_smoothed,kl_validation',
      '0,,,,9',
      '1,5,5,5,',
      '2,4,4,4,4.5',
      '5,,,,3.5',
    ])
  })
})
