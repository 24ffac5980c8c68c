// The latent plane as an SVG 1.1 figure for a paper: encoded images coloured by class, axes with
// ticks, the prior's circles, a legend, and the decoded manifold behind them if wanted. Text only,
// so that the command line writes the same figure.
import {
  circlePath,
  planeLimits,
  planeLimitsDown,
  planePixel,
  type PlaneView,
  type Scatter,
} from './planeScale.ts'
import { linearTicks, shortNumber, spacedTicks } from './ticks.ts'

export interface PlaneFigure {
  /** The square, in the figure's pixels, and what it shows. */
  view: PlaneView
  scatter: Scatter
  /** Names of the classes by index; empty without labels. */
  classes: readonly string[]
  /** One line above the square. */
  title: string
  /** A picture that fills the square, as a data address; drawn faint behind the points. */
  manifold?: string
  /** Where that picture lies, as shares of the square's side; without it, it fills the square. */
  manifoldAt?: { left: number; top: number; width: number; height: number }
  /** Only what lies over manifold and points, on no ground: for who draws those two as pixels. */
  overlay?: boolean
  /** Names of the axes; without them those of the dimensions. */
  names?: readonly [string, string]
  /** A plane whose places mean nothing (UMAP): no circles, no ticks. */
  bare?: boolean
}

export interface PlaneStyle {
  /** Colours as #rrggbb: a figure is opened by programs that know no newer notation. */
  background: string
  text: string
  line: string
  classes: readonly string[]
}

/** On white: the classes' colours of the light theme. */
export const paperStyle: PlaneStyle = {
  background: '#ffffff',
  text: '#1b1f27',
  line: '#8a8f99',
  classes: [
    '#1990fa',
    '#f45d11',
    '#004940',
    '#872775',
    '#1674a8',
    '#71580e',
    '#a585bb',
    '#6e9a5d',
    '#781a00',
    '#777572',
  ],
}

const margin = { left: 48, right: 92, top: 30, bottom: 40 }
export const manifoldOpacity = 0.26
const rounded = (value: number) => Number(value.toFixed(2))

/** The whole figure's, and where its square begins, in its pixels. */
export const figureSize = ({ view: { size } }: PlaneFigure) => ({
  width: margin.left + size + margin.right,
  height: margin.top + size + margin.bottom,
  left: margin.left,
  top: margin.top,
})

export function svgOfPlane(figure: PlaneFigure, style: PlaneStyle = paperStyle): string {
  const { size } = figure.view
  const { width, height } = figureSize(figure)
  const single = figure.scatter.latentSize === 1
  const circled = !single && !figure.bare
  return `<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" version="1.1" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="Helvetica, Arial, sans-serif" font-size="12">
<rect width="${width}" height="${height}" fill="${figure.overlay ? 'none' : style.background}"/>
<text x="${margin.left}" y="20" fill="${style.text}">${escaped(figure.title)}</text>
<clipPath id="plane"><rect width="${size}" height="${size}"/></clipPath>
<g transform="translate(${margin.left} ${margin.top})">
<g clip-path="url(#plane)">
${[...ground(figure), ...(circled ? prior(figure.view, style) : []), ...points(figure, style), ...(circled ? sigmas(figure.view, style) : [])].join('\n')}
</g>
<rect width="${size}" height="${size}" fill="none" stroke="${style.line}"/>
${[...axes(figure, style, single), ...legend(figure, style)].join('\n')}
</g>
</svg>
`
}

// optimizeSpeed is how SVG 1.1 asks for pixels as blocks (section 11.7.6); newer readers know
// `pixelated`.
function ground({ manifold, manifoldAt, view, overlay }: PlaneFigure): string[] {
  if (manifold === undefined || overlay) return []
  const { left, top, width, height } = manifoldAt ?? { left: 0, top: 0, width: 1, height: 1 }
  const [x, y] = [rounded(left * view.size), rounded(top * view.size)]
  const corner = `${x === 0 ? '' : `x="${x}" `}${y === 0 ? '' : `y="${y}" `}`
  return [
    `<image ${corner}width="${rounded(width * view.size)}" height="${rounded(height * view.size)}" preserveAspectRatio="none" opacity="${manifoldOpacity}" image-rendering="optimizeSpeed" style="image-rendering: pixelated" xlink:href="${escaped(manifold)}"/>`,
  ]
}

/**
 * Circles at 1, 2 and 3 standard deviations of the prior, as far as they fit, and the axes through
 * 0.
 */
function prior(view: PlaneView, style: PlaneStyle): string[] {
  const [x, y] = planePixel(view, 0, 0).map(rounded) as [number, number]
  const sigma = planePixel(view, 1, 0)[0] - planePixel(view, 0, 0)[0]
  const look = `fill="none" stroke="${style.line}" stroke-dasharray="4 3"/>`
  return [
    `<path d="M0 ${y}H${view.size}M${x} 0V${view.size}" stroke="${style.line}" stroke-width="0.75"/>`,
    ...fitting(view).map((count) =>
      view.scale === 'quantile'
        ? `<path d="${circlePath(view, count)}" ${look}`
        : `<circle cx="${x}" cy="${y}" r="${rounded(sigma * count)}" ${look}`,
    ),
  ]
}

const fitting = (view: PlaneView) =>
  [1, 2, 3].filter(
    (count) => count < Math.max(...[...planeLimits(view), ...planeLimitsDown(view)].map(Math.abs)),
  )

// Above the points, each with a rim of the ground's colour, which SVG 1.1 can only draw as a text
// of its own.
function sigmas(view: PlaneView, style: PlaneStyle): string[] {
  return fitting(view).flatMap((count) => {
    const [x, y] = planePixel(view, count * Math.SQRT1_2, -count * Math.SQRT1_2)
    const text = (look: string) =>
      `<text x="${rounded(x + 3)}" y="${rounded(y - 3)}" font-size="11" ${look}>${count}σ</text>`
    return [
      text(`fill="none" stroke="${style.background}" stroke-width="3" stroke-linejoin="round"`),
      text(`fill="${style.text}"`),
    ]
  })
}

/** Points that lie inside the square, in its pixels, and how large each is drawn. */
export function figurePoints({ view, scatter }: PlaneFigure): {
  radius: number
  points: { x: number; y: number; label: number }[]
} {
  const count = scatter.codes.length / (2 * scatter.latentSize)
  const points: { x: number; y: number; label: number }[] = []
  for (let i = 0; i < count; i++) {
    const [x, y] = placeOf(view, scatter, i)
    if (x >= 0 && y >= 0 && x <= view.size && y <= view.size)
      points.push({ x, y, label: scatter.labels[i] ?? 0 })
  }
  return { radius: count > 20_000 ? 1 : count > 2000 ? 1.6 : 2.4, points }
}

export const pointOpacity = 0.75

// The classes one after the other in groups; within the square only, so that the file holds what
// can be seen.
function points(figure: PlaneFigure, style: PlaneStyle): string[] {
  if (figure.overlay) return []
  const { radius, points: inside } = figurePoints(figure)
  const groups = new Map<number, string[]>()
  for (const { x, y, label } of inside) {
    const group = groups.get(label) ?? []
    groups.set(label, group)
    group.push(`<circle cx="${rounded(x)}" cy="${rounded(y)}" r="${radius}"/>`)
  }
  return [...groups]
    .sort(([one], [other]) => one - other)
    .map(
      ([label, group]) =>
        `<g fill="${classColour(style, label)}" fill-opacity="${pointOpacity}">${group.join('')}</g>`,
    )
}

// One latent dimension: across is the value, down a lane for each class, in which the points are
// spread evenly.
function placeOf(
  view: PlaneView,
  { codes, latentSize, labels, dimensions }: Scatter,
  index: number,
): [number, number] {
  const at = index * 2 * latentSize
  if (latentSize > 1)
    return planePixel(view, codes[at + dimensions[0]]!, codes[at + dimensions[1]]!)
  const lanes = Math.max(1, ...new Set(labels)) + 1
  const lane = ((labels[index] ?? 0) + ((index * 0.618034) % 1) * 0.7 + 0.15) / lanes
  return [planePixel(view, codes[at]!, 0)[0], lane * view.size]
}

function axes(
  { view, scatter, names: given, bare }: PlaneFigure,
  style: PlaneStyle,
  single: boolean,
): string[] {
  const { size } = view
  const ticksOf = (limits: [number, number], pixel: (value: number) => number) =>
    bare
      ? []
      : view.scale === 'quantile'
        ? spacedTicks(limits, pixel, 26)
        : linearTicks(...limits, 7)
  const ticks = ticksOf(planeLimits(view), (value) => planePixel(view, value, 0)[0])
  const ticksDown = ticksOf(planeLimitsDown(view), (value) => planePixel(view, 0, value)[1])
  const name = (axis: 0 | 1) =>
    given
      ? escaped(given[axis])
      : `z<tspan dy="3" font-size="9">${scatter.dimensions[axis] + 1}</tspan>`
  const across = ticks.map((tick) => {
    const x = rounded(planePixel(view, tick, 0)[0])
    return `<path d="M${x} ${size}v5" stroke="${style.line}"/><text x="${x}" y="${size + 18}" text-anchor="middle" fill="${style.text}">${shortNumber(tick)}</text>`
  })
  const down = ticksDown.map((tick) => {
    const y = rounded(planePixel(view, 0, tick)[1])
    return `<path d="M0 ${y}h-5" stroke="${style.line}"/><text x="-9" y="${rounded(y + 4)}" text-anchor="end" fill="${style.text}">${shortNumber(tick)}</text>`
  })
  const names = [
    `<text x="${size / 2}" y="${size + 34}" text-anchor="middle" fill="${style.text}">${name(0)}</text>`,
  ]
  if (!single)
    names.push(
      `<text transform="translate(-34 ${size / 2}) rotate(-90)" text-anchor="middle" fill="${style.text}">${name(1)}</text>`,
    )
  return [...across, ...(single ? [] : down), ...names]
}

function legend({ view, classes, scatter }: PlaneFigure, style: PlaneStyle): string[] {
  const present = new Set(scatter.labels)
  return classes
    .map((name, label) => ({ name, label }))
    .filter(({ label }) => present.has(label))
    .map(({ name, label }, row) => {
      const y = 8 + row * 18
      return `<circle cx="${view.size + 16}" cy="${y}" r="4" fill="${classColour(style, label)}"/><text x="${view.size + 26}" y="${y + 4}" fill="${style.text}">${escaped(name)}</text>`
    })
}

export const classColour = (style: PlaneStyle, label: number) =>
  style.classes[label % style.classes.length]!

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
