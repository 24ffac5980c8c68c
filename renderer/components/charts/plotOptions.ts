// How uPlot draws one loss panel: faint raw band, dashed training line, solid validation with points, round ticks,
// what lies beyond its axis. Colours are read at each redraw, so that a change of theme is one redraw.
import type uPlot from 'uplot'
import type { Panel, ValueRange } from '../../draw/panel.ts'
import { count, loss } from '../../format.ts'
import { linearTicks, logTicks, shortNumber } from '../../draw/ticks.ts'

export interface PlotColours {
  series: string
  /** Series colour for the raw band's fill and edge. */
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
  xLog: boolean
  yLog: boolean
  /** Tick labels under the x axis: only the lowest chart of a stack has them. */
  xLabels: boolean
  /** Charts with the same key share their crosshair. */
  sync: string
  onselect: (fromStep: number, toStep: number) => void
  onpan: (chart: uPlot, event: MouseEvent) => void
  onreset: () => void
  oncursor: (chart: uPlot) => void
  /** After each redraw: places on the axes may be others now. */
  ondraw: (chart: uPlot) => void
}

const font = '11px system-ui, sans-serif'

/**
 * Pixels right of the plot for the labels at the line ends, of a chart that is `width` wide: whole names, short names,
 * or none where the curves need all the room.
 */
export function labelRoom(width: number): number {
  return width >= 420 ? 104 : width >= 250 ? 72 : 8
}

export function plotOptions(view: PlotView, size: { width: number; height: number }): uPlot.Options {
  return {
    ...size,
    padding: [6, (chart) => labelRoom(chart.width), view.xLabels ? 0 : 6, 0],
    legend: { show: false },
    scales: {
      x: { time: false, auto: false, distr: view.xLog ? 3 : 1, range: (_chart, low, high) => [low ?? 0, high ?? 1] },
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
        mousedown: (chart, _target, handler) => (event) => (event.shiftKey ? (view.onpan(chart, event), null) : handler(event)),
        dblclick: () => () => (view.onreset(), null),
      },
    },
    hooks: {
      setSelect: [(chart) => select(chart, view)],
      setCursor: [(chart) => view.oncursor(chart)],
      draw: [(chart) => drawMarker(chart, view), (chart) => drawBeyond(chart, view), (chart) => view.ondraw(chart)],
    },
  }
}

function limitsOf(view: PlotView): [number, number] {
  const range = view.range()
  return range ? [range.low, range.high] : [view.yLog ? 0.1 : 0, 1]
}

function seriesOf(view: PlotView): uPlot.Series[] {
  const edge = { stroke: () => view.colours().edge, width: 0.75, points: { show: false }, spanGaps: true }
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
        show: (chart) => view.panel().validation.steps.length * 9 < chart.bbox.width / devicePixelRatio,
        size: 6,
        width: 1,
        stroke: () => view.colours().ground,
        fill: () => view.colours().series,
      },
    },
  ]
}

function axesOf(view: PlotView): uPlot.Axis[] {
  const ticksOf = (log: boolean, from: number, to: number, room: number) => (log ? logTicks : linearTicks)(from, to, room)
  const shared = {
    stroke: () => view.colours().muted,
    font,
    ticks: { show: false },
    values: (_chart: uPlot, splits: number[]) => splits.map(shortNumber),
  }
  const grid = { stroke: () => view.colours().line, width: 1 }
  return [
    {
      ...shared,
      size: view.xLabels ? 22 : 0,
      gap: 5,
      splits: (chart, _axis, from, to) => ticksOf(view.xLog, from, to, chart.bbox.width / devicePixelRatio / 70),
      ...(view.xLabels ? {} : { values: (_chart: uPlot, splits: number[]) => splits.map(() => '') }),
      grid,
    },
    {
      ...shared,
      size: 42,
      gap: 6,
      splits: (chart, _axis, from, to) =>
        view.range() === null ? [] : ticksOf(view.yLog, from, to, chart.bbox.height / devicePixelRatio / 24),
      grid,
    },
  ]
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
  const x = Math.round(chart.valToPos(Math.max(step, view.xLog ? 1 : 0), 'x', true)) + 0.5
  chart.ctx.save()
  chart.ctx.strokeStyle = view.colours().accent
  chart.ctx.lineWidth = devicePixelRatio
  chart.ctx.beginPath()
  chart.ctx.moveTo(x, top)
  chart.ctx.lineTo(x, top + height)
  chart.ctx.stroke()
  chart.ctx.restore()
}

// What the y axis leaves out is said at its top.
function drawBeyond(chart: uPlot, view: PlotView): void {
  const beyond = view.range()?.beyond
  if (!beyond) return
  const { ctx, bbox } = chart
  const ratio = devicePixelRatio
  // a point may stand for several steps, and is named by the last of them
  const first = Math.max(1, beyond.step - view.panel().train.stepsPerPoint + 1)
  const place = [
    `↑ up to ${loss(beyond.value)} at step ${first < beyond.step ? `${count(first)}–` : ''}${count(beyond.step)}`,
    bbox.left + bbox.width - 4 * ratio,
    bbox.top + 7 * ratio,
  ] as const
  ctx.save()
  ctx.font = `${11 * ratio}px system-ui, sans-serif`
  ctx.textBaseline = 'middle'
  ctx.textAlign = 'right'
  ctx.lineJoin = 'round'
  ctx.lineWidth = 4 * ratio
  ctx.strokeStyle = view.colours().ground
  ctx.strokeText(...place)
  ctx.fillStyle = view.colours().muted
  ctx.fillText(...place)
  ctx.restore()
}
