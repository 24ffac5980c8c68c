// How uPlot draws one loss panel: dashed training line, solid validation with points, the raw
// values faint under them where they are wanted, round ticks. Colours are read at each redraw, so
// that a change of theme is one redraw.
import type uPlot from 'uplot'
import type { Panel, ValueRange } from '../../draw/panel.ts'
import type { StepScale } from '../../draw/scale.ts'
import { linearTicks, logTicks, tickTexts } from '../../draw/ticks.ts'
import { labelFont } from './plotLabels.ts'
import { leftGutter } from './stepAxis.svelte.ts'

export interface PlotColours {
  series: string
  /** Series colour for the raw values: between the extremes of a point, and along them. */
  faint: string
  edge: string
  accent: string
  muted: string
  line: string
  ground: string
}

export interface PlotView {
  panel: () => Panel
  colours: () => PlotColours
  range: () => ValueRange | null
  /** A step to mark, null for none. */
  marker: () => number | null
  /** Pixels right of the plot. */
  right: () => number
  kind: StepScale['kind']
  yLog: boolean
  /** Charts with the same key share their crosshair. */
  sync: string
  onselect: (fromStep: number, toStep: number) => void
  onpan: (chart: uPlot, event: MouseEvent) => void
  onreset: () => void
  oncursor: (chart: uPlot) => void
  /** After each redraw: places on the axes may be others now. */
  ondraw: (chart: uPlot) => void
}

export function plotOptions(
  view: PlotView,
  size: { width: number; height: number },
): uPlot.Options {
  // the same function of the step as draw/scale.ts, so that a step has one place in charts and
  // timeline
  const log = {
    distr: 100 as const,
    fwd: (step: number) => Math.log(step + 1),
    bwd: (value: number) => Math.exp(value) - 1,
  }
  return {
    ...size,
    padding: [6, view.right, 6, 0],
    legend: { show: false },
    scales: {
      x: {
        time: false,
        auto: false,
        ...(view.kind === 'log' ? log : { distr: 1 as const }),
        range: (_chart, low, high) => [low ?? 0, high ?? 1],
      },
      y: { distr: view.yLog ? 3 : 1, range: () => limitsOf(view) },
    },
    axes: axesOf(view),
    series: seriesOf(view),
    bands: [{ series: [2, 1], fill: () => view.colours().faint }],
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: true, y: false, setScale: false, dist: 4 },
      sync: { key: view.sync, scales: ['x', null], setSeries: false },
      bind: {
        // false as the third argument keeps uPlot's own handler from running
        mousedown: (chart, _target, handler) => (event) =>
          event.shiftKey ? (view.onpan(chart, event), null) : handler(event),
        dblclick: () => () => (view.onreset(), null),
      },
    },
    hooks: {
      setSelect: [(chart) => select(chart, view)],
      setCursor: [(chart) => view.oncursor(chart)],
      draw: [(chart) => drawMarker(chart, view), (chart) => view.ondraw(chart)],
    },
  }
}

function limitsOf(view: PlotView): [number, number] {
  const range = view.range()
  return range ? [range.low, range.high] : [view.yLog ? 0.1 : 0, 1]
}

function seriesOf(view: PlotView): uPlot.Series[] {
  const edge = {
    stroke: () => view.colours().edge,
    width: 0.75,
    points: { show: false },
    spanGaps: true,
  }
  return [
    {},
    { ...edge, label: 'train, lowest' },
    { ...edge, label: 'train, highest' },
    {
      label: 'train, smoothed',
      stroke: () => view.colours().series,
      width: 1.5,
      dash: [5, 3],
      points: { show: false },
      spanGaps: true,
    },
    {
      label: 'validation',
      stroke: () => view.colours().series,
      width: 1.75,
      spanGaps: true,
      // shown while there is room for them
      points: {
        show: (chart) =>
          view.panel().validation.steps.length * 9 < chart.bbox.width / devicePixelRatio,
        size: 6,
        width: 1,
        stroke: () => view.colours().ground,
        fill: () => view.colours().series,
      },
    },
  ]
}

function axesOf(view: PlotView): uPlot.Axis[] {
  const shared = { stroke: () => view.colours().muted, font: labelFont, ticks: { show: false } }
  const grid = { stroke: () => view.colours().line, width: 1 }
  return [
    {
      ...shared,
      // the timeline under the charts carries the labels of all
      size: 0,
      splits: (chart, _axis, from, to) =>
        stepTicks(view.kind, from, to, chart.bbox.width / devicePixelRatio),
      values: (_chart, splits) => splits.map(() => ''),
      grid,
    },
    {
      ...shared,
      size: leftGutter,
      gap: 6,
      splits: (chart, _axis, from, to) => {
        const room = chart.bbox.height / devicePixelRatio / 24
        return view.range() === null ? [] : (view.yLog ? logTicks : linearTicks)(from, to, room)
      },
      values: (_chart, splits) => tickTexts(splits),
      grid,
    },
  ]
}

/** Round steps of an axis that is `width` pixels long. */
export function stepTicks(
  kind: StepScale['kind'],
  from: number,
  to: number,
  width: number,
): number[] {
  const even = linearTicks(from, to, width / 70)
  if (kind === 'linear') return even
  const ticks = [...(from <= 0 ? [0] : []), ...logTicks(Math.max(1, from), to, width / 64)]
  // within one decade there may be no round power
  return ticks.length >= 3 ? ticks : even
}

function select(chart: uPlot, view: PlotView): void {
  const { left, width } = chart.select
  if (width < 4) return
  const from = chart.posToVal(left, 'x')
  const to = chart.posToVal(left + width, 'x')
  chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
  view.onselect(from, to)
}

function drawMarker(chart: uPlot, view: PlotView): void {
  const step = view.marker()
  const { from, to } = view.panel()
  if (step === null || step < from || step > to) return
  const { top, height } = chart.bbox
  const x = Math.round(chart.valToPos(step, 'x', true)) + 0.5
  chart.ctx.save()
  chart.ctx.strokeStyle = view.colours().accent
  chart.ctx.lineWidth = devicePixelRatio
  chart.ctx.beginPath()
  chart.ctx.moveTo(x, top)
  chart.ctx.lineTo(x, top + height)
  chart.ctx.stroke()
  chart.ctx.restore()
}
