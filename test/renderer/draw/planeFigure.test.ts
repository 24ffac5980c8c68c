// The plane as SVG: places of points, ticks and circles computed by hand, its colours those of the
// style sheet.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { paperStyle, svgOfPlane, type PlaneFigure } from '../../../renderer/draw/planeFigure.ts'

// cells of 20 pixels whose centres are -2 ... 2: 0 lies at 50, one unit is 20 pixels
const view = { size: 100, columns: [-2, -1, 0, 1, 2], rows: [-2, -1, 0, 1, 2] }
const codes = Float32Array.of(1, -1, 0, 0, 0, 2, 0, 0, 9, 9, 0, 0) // three images, [mean | log variance], the last outside
const figure: PlaneFigure = {
  view,
  scatter: { codes, latentSize: 2, labels: [3, 1, 1], dimensions: [0, 1] },
  classes: ['zero', 'one & "only"', 'two', 'three'],
  title: 'a <b>',
}

test('points stand at their means, inside the square only, in groups of their classes', () => {
  const svg = svgOfPlane(figure)
  expect(
    [...svg.matchAll(/<g fill="(#\w+)"[^>]*>(.*?)<\/g>/g)].map(([, colour, points]) => [
      colour,
      points,
    ]),
  ).toEqual([
    [paperStyle.classes[1], '<circle cx="50" cy="90" r="2.4"/>'],
    [paperStyle.classes[3], '<circle cx="70" cy="30" r="2.4"/>'],
  ])
})

test("the prior's circles have its standard deviations as far as they fit", () => {
  const radii = [
    ...svgOfPlane(figure).matchAll(/<circle cx="50" cy="50" r="(\d+)" fill="none"/g),
  ].map(([, radius]) => radius)
  expect(radii).toEqual(['20', '40'])
})

test('texts are escaped, the legend names the classes that occur', () => {
  const svg = svgOfPlane(figure)
  expect(svg).toContain('a &#60;b&#62;')
  expect(svg).toContain('one &#38; &#34;only&#34;')
  expect(svg).toContain('>three<')
  expect(svg).not.toContain('>two<')
})

test('the other two dimensions can be shown, and one dimension has lanes', () => {
  const swapped = svgOfPlane({ ...figure, scatter: { ...figure.scatter, dimensions: [1, 0] } })
  expect(swapped).toContain('<circle cx="30" cy="70" r="2.4"/>')
  const single = {
    codes: Float32Array.of(1, 0, -1, 0),
    latentSize: 1,
    labels: [0, 1],
    dimensions: [0, 0] as [number, number],
  }
  const points = [
    ...svgOfPlane({ ...figure, scatter: single }).matchAll(
      /<circle cx="(\d+)" cy="([\d.]+)" r="2.4"/g,
    ),
  ]
  expect(points.map(([, x]) => x)).toEqual(['70', '30'])
  expect(Number(points[0]![2])).toBeLessThan(50)
  expect(Number(points[1]![2])).toBeGreaterThan(50)
})

test('the manifold lies behind everything and is one picture', () => {
  const svg = svgOfPlane({ ...figure, manifold: 'data:image/png;base64,AAAA' })
  expect(svg.indexOf('<image')).toBeLessThan(svg.indexOf('r="2.4"'))
  expect(svg.match(/<image/g)).toHaveLength(1)
})

// OKLab to linear sRGB (Ottosson 2020), then the transfer function of IEC 61966-2-1
function hexOfOklch(lightness: number, chroma: number, hue: number): string {
  const [a, b] = [
    chroma * Math.cos((hue * Math.PI) / 180),
    chroma * Math.sin((hue * Math.PI) / 180),
  ]
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ]
  const shown = linear.map((value) => Math.min(1, Math.max(0, value)))
  const bytes = shown.map((value) =>
    Math.round(255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055)),
  )
  return `#${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

test("a paper's classes have the colours of the light theme", () => {
  const css = readFileSync('renderer/tokens.css', 'utf8')
  const light = [...css.matchAll(/--series-\d: oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)/g)].slice(0, 10)
  expect(
    light.map(([, ...values]) => hexOfOklch(...(values.map(Number) as [number, number, number]))),
  ).toEqual(paperStyle.classes)
})
