// A drawing as strokes on a unit square, and as the picture a model is given.
import { centredSubject, type Grey } from './grey.ts'

export interface StrokePoint {
  /** 0 (left, top) to 1. */
  x: number
  y: number
  /** Width of the line there, as a share of the square's side. */
  width: number
}
export type Stroke = readonly StrokePoint[]

/** Width of a mouse's line: two pixels of 28. */
export const usualWidth = 0.075
const workSide = 160 // pixels: eight for each of the 20 that a digit is scaled to

/** Width of the line at a pressure of 0 to 1; 0.5 is what a mouse has. */
export function widthAt(pressure: number): number {
  return usualWidth * (0.4 + 1.2 * Math.max(0, Math.min(1, pressure)))
}

/** Smallest box around the lines, in the unit square's measure; null without strokes. */
export function boxOf(
  strokes: readonly Stroke[],
): { left: number; top: number; width: number; height: number } | null {
  const points = strokes.flat()
  if (points.length === 0) return null
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const { x, y, width } of points) {
    left = Math.min(left, x - width / 2)
    top = Math.min(top, y - width / 2)
    right = Math.max(right, x + width / 2)
    bottom = Math.max(bottom, y + width / 2)
  }
  return { left, top, width: right - left, height: bottom - top }
}

/** Draws white lines, anti-aliased by the canvas; the square has `side` pixels. */
export function drawStrokes(
  context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D,
  strokes: readonly Stroke[],
  side: number,
): void {
  context.lineCap = context.lineJoin = 'round'
  context.strokeStyle = context.fillStyle = '#fff'
  for (const stroke of strokes) {
    for (const [i, point] of stroke.entries()) {
      const before = stroke[i - 1] ?? point
      context.lineWidth = ((before.width + point.width) / 2) * side
      context.beginPath()
      context.moveTo(before.x * side, before.y * side)
      // a line of no length draws no cap in some browsers
      context.lineTo(point.x * side + (i === 0 ? 0.01 : 0), point.y * side)
      context.stroke()
    }
  }
}

/**
 * The drawing as a picture of width x height, scaled and centred as MNIST does it; null while it is
 * empty.
 */
export function pictureOfStrokes(
  strokes: readonly Stroke[],
  width: number,
  height: number,
): Grey | null {
  const box = boxOf(strokes)
  const context =
    box && new OffscreenCanvas(workSide, workSide).getContext('2d', { willReadFrequently: true })
  if (!context) return null
  // drawn at the size it gets, so that nothing is enlarged afterwards
  const scale = 1 / Math.max(box.width, box.height)
  const fitted = strokes.map((stroke) =>
    stroke.map((point) => ({
      x: (point.x - box.left) * scale,
      y: (point.y - box.top) * scale,
      width: point.width * scale,
    })),
  )
  context.fillStyle = '#000'
  context.fillRect(0, 0, workSide, workSide)
  drawStrokes(context, fitted, workSide)
  const { data } = context.getImageData(0, 0, workSide, workSide)
  const values = Float32Array.from({ length: workSide * workSide }, (_, i) => data[4 * i]!)
  return centredSubject({ width: workSide, height: workSide, values }, width, height, 0.05)
}
