// Encoded images as points: where each lies on the plane and of which class it is, drawn on a 2D
// canvas. This drawing stands in where WebGL (pointLayer.ts) is missing or computed in software,
// and serves the small planes.
import { bytesOf } from './colour.ts'
import type { Stretch } from './planeScale.ts'

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

const usualPlane = 560 // CSS pixels: on a smaller plane points of the usual size would bury the manifold

/** How much smaller points are on a small plane. size: its side, CSS pixels. */
export function pointScale(size: number): number {
  return Math.max(0.7, Math.min(1, size / usualPlane))
}

/**
 * Points are smaller where there are many, and grow a little as the window closes in. zoom: 1 for
 * the whole plane.
 */
export function pointRadius(count: number, zoom: number, size: number): number {
  const base = count > 20_000 ? 1.1 : count > 2000 ? 1.5 : 2.4
  return pointScale(size) * base * Math.max(0.8, Math.min(2.4, Math.sqrt(zoom)))
}

/**
 * Pixel by pixel: 70,000 points in a few milliseconds, where drawing as many pictures takes a
 * hundred.
 */
export function drawPoints(
  context: CanvasRenderingContext2D,
  points: Points,
  window: Window,
  style: PointStyle,
): void {
  const { width, height } = context.canvas
  const { positions, labels } = points
  const stamps = style.colours.map((colour) => stampOf(bytesOf(colour), style))
  // as wide a margin as a disc reaches, so that those at the edge need no care
  const reach = Math.ceil(style.radius + style.rimWidth)
  const stride = width + 2 * reach
  const image = context.createImageData(stride, height + 2 * reach)
  const words = new Uint32Array(image.data.buffer)
  const [left, top] = [window.across[0], window.down[0]]
  const [scaleX, scaleY] = [width / (window.across[1] - left), height / (window.down[1] - top)]
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!
    if (style.shown && !style.shown.has(label)) continue
    const x = Math.floor((positions[2 * i]! - left) * scaleX)
    const y = Math.floor((positions[2 * i + 1]! - top) * scaleY)
    if (!(x >= 0 && y >= 0 && x < width && y < height)) continue
    place(words, (y + reach) * stride + x + reach, stride, stamps[label % stamps.length]!)
  }
  context.putImageData(image, -reach, -reach)
}

/** A disc with its rim, pixel by pixel around its centre. */
interface Stamp {
  /** Of each pixel: columns and rows from the centre, colour without alpha, coverage in 0..256. */
  columns: Int32Array
  rows: Int32Array
  colours: Uint32Array
  coverage: Int32Array
}

function stampOf(colour: readonly number[], { rim, radius, rimWidth }: PointStyle): Stamp {
  const ground = bytesOf(rim)
  const reach = Math.ceil(radius + rimWidth)
  const found: [number, number, number, number][] = []
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) {
      const away = Math.hypot(x, y)
      const disc = Math.max(0, Math.min(1, radius - away + 0.5))
      const whole = Math.max(0, Math.min(1, radius + rimWidth - away + 0.5))
      if (whole <= 0.1) continue
      const [red, green, blue] = ground.map((value, i) =>
        Math.round(value + disc * (colour[i]! - value)),
      )
      found.push([x, y, red! | (green! << 8) | (blue! << 16), Math.round(256 * whole)])
    }
  }
  const part = (i: 0 | 1 | 2 | 3) => found.map((pixel) => pixel[i])
  return {
    columns: Int32Array.from(part(0)),
    rows: Int32Array.from(part(1)),
    colours: Uint32Array.from(part(2)),
    coverage: Int32Array.from(part(3)),
  }
}

function place(
  words: Uint32Array,
  centre: number,
  width: number,
  { columns, rows, colours, coverage }: Stamp,
): void {
  for (let pixel = 0; pixel < columns.length; pixel++) {
    const at = centre + rows[pixel]! * width + columns[pixel]!
    const over = coverage[pixel]!
    const before = words[at]!
    const alpha = before >>> 24
    if (over === 256) words[at] = (colours[pixel]! | 0xff000000) >>> 0
    else if (alpha === 0) words[at] = (colours[pixel]! | ((over - (over >> 8)) << 24)) >>> 0
    else {
      const mixed = mix(before, colours[pixel]!, over)
      words[at] = (mixed | ((alpha + (((255 - alpha) * over) >> 8)) << 24)) >>> 0
    }
  }
}

// three channels at once: red and blue lie far enough apart to be multiplied together
function mix(below: number, above: number, share: number): number {
  const pair = (((below & 0xff00ff) * (256 - share) + (above & 0xff00ff) * share) >>> 8) & 0xff00ff
  const green = (((below & 0xff00) * (256 - share) + (above & 0xff00) * share) >>> 8) & 0xff00
  return pair | green
}

/** How many of the shown points lie outside the window. */
export function countOutside(
  { positions, labels }: Points,
  { across, down }: Window,
  shown: ReadonlySet<number> | null,
): number {
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
