// The labels right of a chart: each line's newest value at its end, or its value under the crosshair.
import type uPlot from 'uplot'
import { lineEnds } from '../../draw/figure.ts'
import { spreadLabels } from '../../draw/labels.ts'
import { readings, type Panel } from '../../draw/panel.ts'

const height = 13 // pixels of one label

export interface PlotLabel {
  name: string
  value: number
  /** Centre, in pixels from the top of the chart. */
  y: number
}

export interface PlotLabels {
  /** Left edge of all labels, in pixels from the left of the chart. */
  x: number
  labels: PlotLabel[]
}

/** step: the crosshair's, null for the line ends. */
export function plotLabels(chart: uPlot, panel: Panel, step: number | null, yLog: boolean): PlotLabels {
  const ratio = devicePixelRatio
  const { left, top, width, height: tall } = chart.bbox
  const shown = step === null ? lineEnds(panel).filter((end) => end.step >= panel.from) : crossed(panel, step)
  const drawn = shown.filter((each) => !yLog || each.value > 0)
  const [low, high] = [top / ratio, (top + tall) / ratio]
  const wanted = drawn.map((each) => Math.max(low, Math.min(high, low + chart.valToPos(each.value, 'y'))))
  const centres = spreadLabels(wanted, height, low, high)
  const right = (left + width) / ratio
  const end = Math.max(0, ...drawn.map((each) => left / ratio + chart.valToPos(each.step, 'x')))
  return {
    x: (step === null ? Math.min(right, end) : right) + 7,
    labels: drawn.map(({ name, value }, i) => ({ name, value, y: centres[i]! })),
  }
}

function crossed(panel: Panel, step: number): { name: string; value: number; step: number }[] {
  return readings(panel, step)
    .filter((reading) => reading.name !== 'raw')
    .map(({ name, value, at }) => ({ name, value, step: at }))
}
