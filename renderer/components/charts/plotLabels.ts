// The labels at the line ends of a chart, and the room right of it that they need.
import type uPlot from 'uplot'
import { lineEnds } from '../../draw/figure.ts'
import { spreadLabels } from '../../draw/labels.ts'
import type { Panel } from '../../draw/panel.ts'
import { loss } from '../../format.ts'

const height = 13 // pixels of one label
export const labelFont = '11px system-ui, sans-serif'
/** Pixels between a line's end and its label, and between the label and the edge. */
export const labelGap = 7
const edge = 6

export interface PlotLabel {
  name: string
  text: string
  /** Centre, in pixels from the top of the chart. */
  y: number
}

export interface PlotLabels {
  /** Left edge of all labels, in pixels from the left of the chart. */
  x: number
  labels: PlotLabel[]
}

const textOf = ({ name, value }: { name: string; value: number }) => `${name} ${loss(value)}`

/**
 * Pixels that the labels of some charts need right of their plots, at least `least`; in steps, so
 * that it seldom changes.
 */
export function roomForLabels(
  panels: readonly Panel[],
  least: number,
  widthOf: (text: string) => number,
): number {
  const widest = Math.max(
    0,
    ...panels.flatMap((panel) => lineEnds(panel).map((end) => widthOf(textOf(end)))),
  )
  return Math.max(least, Math.ceil((widest + labelGap + edge) / 8) * 8)
}

export function plotLabels(chart: uPlot, panel: Panel, yLog: boolean): PlotLabels {
  const ratio = devicePixelRatio
  const { left, top, width, height: tall } = chart.bbox
  const drawn = lineEnds(panel).filter((end) => end.step >= panel.from && (!yLog || end.value > 0))
  const [low, high] = [top / ratio, (top + tall) / ratio]
  const wanted = drawn.map((each) =>
    Math.max(low, Math.min(high, low + chart.valToPos(each.value, 'y'))),
  )
  const centres = spreadLabels(wanted, height, low, high)
  const end = Math.max(0, ...drawn.map((each) => left / ratio + chart.valToPos(each.step, 'x')))
  return {
    x: Math.min((left + width) / ratio, end) + labelGap,
    labels: drawn.map((each, i) => ({ name: each.name, text: textOf(each), y: centres[i]! })),
  }
}
