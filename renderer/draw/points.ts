// Encoded images as points: where each lies on the plane and of which class it is, drawn on a 2D canvas. This drawing
// stands in where WebGL (pointLayer.ts) is missing, and serves the small planes with few points.
import type { Stretch } from './plane.ts'

export interface Points {
  /** N x 2, across and down, on the plane's scale. */
  positions: Float32Array
  /** Class of each; all 0 without labels. */
  labels: Uint8Array
}

/** What the canvas shows of the plane, on the plane's scale. */
export interface Window {
  across: Stretch
  down: Stretch
}

export interface PointStyle {
  /** One colour a class, as CSS has it; classes beyond begin again. */
  colours: readonly string[]
  /** The ground's colour: a thin rim of it keeps neighbours apart. */
  rim: string
  /** Of the disc and the width of the rim, device pixels. */
  radius: number
  rimWidth: number
  /** Classes that are drawn; null for all. */
  shown: ReadonlySet<number> | null
}

/** Points are smaller where there are many, and grow a little as the window closes in. zoom: 1 for the whole plane. */
export function pointRadius(count: number, zoom: number): number {
  const base = count > 20_000 ? 0.9 : count > 2000 ? 1.5 : 2.4
  return base * Math.max(0.8, Math.min(2.4, Math.sqrt(zoom)))
}

export function drawPoints(context: CanvasRenderingContext2D, points: Points, window: Window, style: PointStyle): void {
  const { width, height } = context.canvas
  const { positions, labels } = points
  const stamps = style.colours.map((colour) => stamp(colour, style))
  const [left, top] = [window.across[0], window.down[0]]
  const [scaleX, scaleY] = [width / (window.across[1] - left), height / (window.down[1] - top)]
  context.clearRect(0, 0, width, height)
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!
    if (style.shown && !style.shown.has(label)) continue
    const x = (positions[2 * i]! - left) * scaleX
    const y = (positions[2 * i + 1]! - top) * scaleY
    if (x < 0 || y < 0 || x > width || y > height) continue
    const picture = stamps[label % stamps.length]!
    context.drawImage(picture, Math.round(x - picture.width / 2), Math.round(y - picture.height / 2))
  }
}

/** How many of the shown points lie outside the window. */
export function countOutside({ positions, labels }: Points, { across, down }: Window, shown: ReadonlySet<number> | null): number {
  let outside = 0
  for (let i = 0; i < labels.length; i++) {
    if (shown && !shown.has(labels[i]!)) continue
    const x = positions[2 * i]!
    const y = positions[2 * i + 1]!
    // not a number counts as outside
    if (!(x >= across[0] && x <= across[1] && y >= down[0] && y <= down[1])) outside++
  }
  return outside
}

function stamp(colour: string, { rim, radius, rimWidth }: PointStyle): HTMLCanvasElement {
  const side = Math.ceil((radius + rimWidth) * 2) + 2
  const canvas = Object.assign(document.createElement('canvas'), { width: side, height: side })
  const context = canvas.getContext('2d')
  if (!context) return canvas
  for (const [fill, size] of [
    [rim, radius + rimWidth],
    [colour, radius],
  ] as const) {
    context.fillStyle = fill
    context.beginPath()
    context.arc(side / 2, side / 2, size, 0, 2 * Math.PI)
    context.fill()
  }
  return canvas
}
