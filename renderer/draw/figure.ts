// A chart as text that leaves the program: SVG for a paper (own colours, no style sheet), CSV for a
// table.
import { spreadLabels } from './labels.ts'
import { valueRange, type Panel } from './panel.ts'
import { linearTicks, logTicks, tickTexts } from './ticks.ts'

export interface FigureStyle {
  width: number
  height: number
  /** Colours as #rrggbb: a figure is opened by programs that know no newer notation. */
  background: string
  text: string
  line: string
  series: string
  xLog: boolean
  yLog: boolean
}

const margin = { left: 56, right: 84, top: 30, bottom: 40 }
const rounded = (value: number) => Number(value.toFixed(2))

/**
 * One chart: the smoothed curve dashed, raw values under it where the panel has them, validation
 * solid with points, axes with units, labels at the ends.
 */
export function svgOf(panel: Panel, style: FigureStyle): string {
  const { width, height } = style
  const { low, high } = valueRange(panel, style.yLog, style.xLog) ?? {
    low: style.yLog ? 0.1 : 0,
    high: 1,
  }
  const { from } = panel
  // steps are counted from 1 on a logarithmic axis, as in the charts: step 0 has a place
  const stepPlace = place(from + 1, panel.to + 1, margin.left, width - margin.right, style.xLog)
  const x = (step: number) => stepPlace(step + 1)
  const y = place(low, high, height - margin.bottom, margin.top, style.yLog)
  const body = [
    ...axes(panel, style, [from, panel.to], [low, high], x, y),
    ...marks(panel, style, x, y),
    ...ends(panel, style, x, y),
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="Helvetica, Arial, sans-serif" font-size="12">
<rect width="${width}" height="${height}" fill="${style.background}"/>
<clipPath id="plot"><rect x="${margin.left}" y="${margin.top}" width="${width - margin.left - margin.right}" height="${height - margin.top - margin.bottom}"/></clipPath>
${body.join('\n')}
</svg>
`
}

type Place = (value: number) => number

function place(from: number, to: number, start: number, end: number, log: boolean): Place {
  const turn = (value: number) => (log ? Math.log10(Math.max(value, 1e-12)) : value)
  const span = turn(to) - turn(from) || 1
  return (value) => rounded(start + ((turn(value) - turn(from)) / span) * (end - start))
}

function axes(
  panel: Panel,
  style: FigureStyle,
  [from, to]: [number, number],
  [low, high]: [number, number],
  x: Place,
  y: Place,
): string[] {
  const right = style.width - margin.right
  const bottom = style.height - margin.bottom
  const across = (style.yLog ? logTicks : linearTicks)(low, high, 6)
  const along = style.xLog
    ? [...(from <= 0 ? [0] : []), ...logTicks(Math.max(1, from), to, 6)]
    : linearTicks(from, to, 6)
  const [acrossTexts, alongTexts] = [tickTexts(across), tickTexts(along)]
  return [
    ...across.map(
      (value, i) =>
        `<path d="M${margin.left} ${y(value)}H${right}" stroke="${style.line}"/><text x="${margin.left - 8}" y="${y(value) + 4}" text-anchor="end" fill="${style.text}">${acrossTexts[i]}</text>`,
    ),
    `<path d="M${margin.left} ${bottom}H${right}" stroke="${style.text}"/>`,
    ...along.map(
      (value, i) =>
        `<path d="M${x(value)} ${bottom}v5" stroke="${style.text}"/><text x="${x(value)}" y="${bottom + 18}" text-anchor="middle" fill="${style.text}">${alongTexts[i]}</text>`,
    ),
    `<text x="8" y="18" fill="${style.text}"><tspan font-weight="bold">${escaped(panel.title)}</tspan> (${escaped(panel.unit)})</text>`,
    `<text x="${right}" y="${style.height - 8}" text-anchor="end" fill="${style.text}">step</text>`,
  ]
}

function marks(
  { train, validation, raw }: Panel,
  style: FigureStyle,
  x: Place,
  y: Place,
): string[] {
  const line = (steps: ArrayLike<number>, values: ArrayLike<number>) =>
    Array.from(steps, (step, i) => ({ step, value: values[i]! }))
      .filter(({ value }) => Number.isFinite(value) && (!style.yLog || value > 0))
      .map(({ step, value }, i) => `${i === 0 ? 'M' : 'L'}${x(step)} ${y(value)}`)
      .join('')
  const back = {
    steps: Array.from(train.steps).reverse(),
    values: Array.from(train.minimum).reverse(),
  }
  const band = raw
    ? line(train.steps, train.maximum) + line(back.steps, back.values).replace('M', 'L')
    : ''
  const dots = validation.steps
    .map((step, i) => ({ step, value: validation.values[i]! }))
    .filter(({ value }) => Number.isFinite(value) && (!style.yLog || value > 0))
  return [
    '<g clip-path="url(#plot)">',
    band &&
      `<path d="${band}" fill="${style.series}" fill-opacity="0.12" stroke="${style.series}" stroke-opacity="0.3" stroke-width="0.75"/>`,
    `<path d="${line(train.steps, train.smoothed)}" fill="none" stroke="${style.series}" stroke-width="1.5" stroke-dasharray="5 3"/>`,
    `<path d="${line(validation.steps, validation.values)}" fill="none" stroke="${style.series}" stroke-width="1.75"/>`,
    ...dots.map(
      ({ step, value }) =>
        `<circle cx="${x(step)}" cy="${y(value)}" r="2.5" fill="${style.series}"/>`,
    ),
    '</g>',
  ].filter(Boolean)
}

function ends(panel: Panel, style: FigureStyle, x: Place, y: Place): string[] {
  const labels = lineEnds(panel).filter((end) => !style.yLog || end.value > 0)
  const centres = spreadLabels(
    labels.map((end) => y(end.value)),
    14,
    margin.top,
    style.height - margin.bottom,
  )
  const right =
    Math.min(style.width - margin.right, Math.max(...labels.map((end) => x(end.step)))) + 8
  return labels.map(
    (end, i) =>
      `<text x="${right}" y="${rounded(centres[i]! + 4)}" fill="${style.series}">${end.name}</text>`,
  )
}

/** Last visible point of each line, for its label. */
export function lineEnds({
  train,
  validation,
  to,
}: Panel): { name: string; step: number; value: number }[] {
  const ends: { name: string; step: number; value: number }[] = []
  const trained = train.steps.findLastIndex(
    (step, i) => step <= to && Number.isFinite(train.smoothed[i]),
  )
  if (trained >= 0)
    ends.push({ name: 'train', step: train.steps[trained]!, value: train.smoothed[trained]! })
  const validated = validation.steps.findLastIndex(
    (step, i) => step <= to && Number.isFinite(validation.values[i]),
  )
  if (validated >= 0)
    ends.push({
      name: 'validation',
      step: validation.steps[validated]!,
      value: validation.values[validated]!,
    })
  return ends
}

/**
 * One row a point: step, then minimum, maximum and smoothed of the training series, then validation
 * where it was measured.
 */
export function csvOf(panel: Panel): string {
  const { train, validation } = panel
  const rows = new Map<number, string[]>()
  for (const [i, step] of train.steps.entries())
    rows.set(step, [
      String(step),
      String(train.minimum[i]),
      String(train.maximum[i]),
      String(train.smoothed[i]),
      '',
    ])
  for (const [i, step] of validation.steps.entries()) {
    const row = rows.get(step) ?? [String(step), '', '', '', '']
    row[4] = String(validation.values[i])
    rows.set(step, row)
  }
  const name = panel.title.toLowerCase()
  const header = `step,${name}_train_minimum,${name}_train_maximum,${name}_train_smoothed,${name}_validation`
  return `${[header, ...[...rows].sort((a, b) => a[0] - b[0]).map(([, row]) => row.join(','))].join('\n')}\n`
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
