// The timeline's picture: the loss over all steps, a tick for each stored frame and checkpoint, the
// place that is shown.
import type { Thinned } from '../../draw/curve.ts'
import { pixelOf, type StepScale } from '../../draw/scale.ts'
import { tickTexts } from '../../draw/ticks.ts'
import { stepTicks } from './plotOptions.ts'

export interface TimelinePicture {
  width: number
  height: number
  scale: StepScale
  curve: Thinned
  /** Steps with a frame or weights. */
  moments: readonly number[]
  /** Step that is shown, and the one under the pointer. */
  shown: number
  hovered: number | null
  live: boolean
  colours: {
    series: string
    faint: string
    text: string
    muted: string
    line: string
    accent: string
    ground: string
  }
}

export const timelineMargin = { left: 12, right: 12, top: 8, frames: 10, bottom: 18 }

/** Draws in CSS pixels; the context is already scaled to the screen's. */
export function drawTimeline(context: CanvasRenderingContext2D, picture: TimelinePicture): void {
  const { width, height, scale, colours } = picture
  const base = height - timelineMargin.bottom - timelineMargin.frames
  context.clearRect(0, 0, width, height)
  drawSteps(context, picture, base)
  const inSight = (step: number) => step >= scale.from && step <= scale.to
  context.save()
  context.beginPath()
  context.rect(scale.left - 1, 0, scale.right - scale.left + 2, height)
  context.clip()
  drawCurve(context, picture, base)
  context.restore()
  context.fillStyle = colours.muted
  for (const step of picture.moments.filter(inSight))
    context.fillRect(Math.round(pixelOf(scale, step)) - 0.5, base + 3, 1, timelineMargin.frames - 4)
  if (picture.hovered !== null && inSight(picture.hovered))
    line(context, pixelOf(scale, picture.hovered), base, colours.muted, 1)
  if (!inSight(picture.shown)) return
  const x = pixelOf(scale, picture.shown)
  line(context, x, base + timelineMargin.frames, colours.accent, 1.5)
  context.fillStyle = colours.accent
  context.beginPath()
  context.arc(x, timelineMargin.top, picture.live ? 4 : 5, 0, 2 * Math.PI)
  context.fill()
}

function drawSteps(
  context: CanvasRenderingContext2D,
  { scale, colours, width, height }: TimelinePicture,
  base: number,
): void {
  const ticks = stepTicks(scale.kind, scale.from, scale.to, scale.right - scale.left)
  const texts = tickTexts(ticks)
  context.font = '11px system-ui, sans-serif'
  context.textBaseline = 'alphabetic'
  context.textAlign = 'center'
  let free = -Infinity
  for (const [index, tick] of ticks.entries()) {
    const x = pixelOf(scale, tick)
    context.fillStyle = colours.line
    context.fillRect(Math.round(x) - 0.5, timelineMargin.top, 1, base - timelineMargin.top)
    const label = texts[index]!
    const half = context.measureText(label).width / 2
    const centre = Math.max(half + 2, Math.min(width - half - 2, x))
    if (centre - half < free) continue
    context.fillStyle = colours.muted
    context.fillText(label, centre, height - 5)
    free = centre + half + 8
  }
}

function drawCurve(
  context: CanvasRenderingContext2D,
  { scale, curve, colours }: TimelinePicture,
  base: number,
): void {
  // the scrubber shows the smooth curve; the raw values are in the charts above
  let low = Infinity
  let high = -Infinity
  for (const value of curve.smoothed) {
    if (!Number.isFinite(value)) continue
    if (value < low) low = value
    if (value > high) high = value
  }
  if (!(high >= low)) return
  const top = timelineMargin.top + 6
  const y = (value: number) => base - 3 - ((value - low) / (high - low || 1)) * (base - 3 - top)
  context.beginPath()
  for (let i = 0; i < curve.steps.length; i++)
    if (Number.isFinite(curve.smoothed[i]))
      context.lineTo(pixelOf(scale, curve.steps[i]!), y(curve.smoothed[i]!))
  context.strokeStyle = colours.series
  context.lineWidth = 1.5
  context.lineJoin = 'round'
  context.stroke()
  const first = curve.steps[0]
  const last = curve.steps.at(-1)
  if (first === undefined || last === undefined) return
  context.lineTo(pixelOf(scale, last), base)
  context.lineTo(pixelOf(scale, first), base)
  context.fillStyle = colours.faint
  context.fill()
}

function line(
  context: CanvasRenderingContext2D,
  x: number,
  to: number,
  colour: string,
  width: number,
): void {
  context.fillStyle = colour
  context.fillRect(x - width / 2, timelineMargin.top, width, to - timelineMargin.top)
}
