// Encoded images on a plane, from their codes: two dimensions of the posterior means as points, one
// colour a class.
import {
  onScale,
  stretches,
  type PlaneView,
  type Scale,
  type Scatter,
  type Stretch,
} from './planeScale.ts'
import { countOutside, drawPoints, type Points, type Window } from './points.ts'

/**
 * Draws the points of the classes in `shown` (null: all); ratio is device pixels a CSS pixel.
 * Returns how many lie outside.
 */
export function drawScatter(
  context: CanvasRenderingContext2D,
  view: PlaneView,
  scatter: Scatter,
  colours: { classes: readonly string[]; halo: string },
  shown: ReadonlySet<number> | null,
  ratio: number,
): number {
  const points = pointsOf(scatter, view.scale ?? 'even')
  const window = windowOf(view, scatter.latentSize === 1)
  const radius = (points.labels.length > 2000 ? 1.9 : 2.6) * ratio
  drawPoints(context, points, window, {
    colours: colours.classes,
    rim: colours.halo,
    radius,
    rimWidth: 0.7 * ratio,
    shown,
  })
  return countOutside(points, window, shown)
}

/**
 * The codes as points. One latent dimension: across is the value, and each class has a lane of its
 * own, 0 to 1 down.
 */
export function pointsOf({ codes, latentSize, labels, dimensions }: Scatter, scale: Scale): Points {
  const count = codes.length / (2 * latentSize)
  const positions = new Float32Array(2 * count)
  for (let i = 0; i < count; i++) {
    const at = i * 2 * latentSize
    positions[2 * i] = onScale(scale, codes[at + dimensions[0]]!)
    positions[2 * i + 1] =
      latentSize === 1 ? laneOf(i, labels[i] ?? 0) : onScale(scale, codes[at + dimensions[1]]!)
  }
  return { positions, labels: Uint8Array.from({ length: count }, (_, i) => labels[i] ?? 0) }
}

/** The codes along two directions of Z numbers. */
export function pointsAlong(
  { codes, latentSize, labels }: Omit<Scatter, 'dimensions'>,
  directions: readonly [readonly number[], readonly number[]],
  scale: Scale,
): Points {
  const count = codes.length / (2 * latentSize)
  const positions = new Float32Array(2 * count)
  const rows = directions.map((direction) => Float64Array.from(direction)) as [
    Float64Array,
    Float64Array,
  ]
  for (let i = 0; i < count; i++) {
    let [across, down] = [0, 0]
    for (let d = 0, at = i * 2 * latentSize; d < latentSize; d++, at++) {
      across += rows[0][d]! * codes[at]!
      down += rows[1][d]! * codes[at]!
    }
    positions[2 * i] = onScale(scale, across)
    positions[2 * i + 1] = onScale(scale, down)
  }
  return { positions, labels: Uint8Array.from({ length: count }, (_, i) => labels[i] ?? 0) }
}

/**
 * What a canvas as large as the view shows; with one dimension the lanes fill it below the strip of
 * pictures.
 */
export function windowOf(view: PlaneView, single: boolean): Window {
  const window = stretches(view)
  if (!single) return window
  const top = view.size / view.columns.length + 8
  const down: Stretch = [-top / (view.size - top), 1]
  return { across: window.across, down }
}

// an even scatter inside the class's lane, the same at every drawing
const laneOf = (index: number, label: number) =>
  (label + ((index * 0.618034) % 1) * 0.7 + 0.15) / 10
