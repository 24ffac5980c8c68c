// Encoded images as points on the plane, one colour a class: small discs stamped from one drawing per colour, the
// classes taken in turn so that none lies always on top.
import { planePixel, type PlaneView } from './plane.ts'

export interface Scatter {
  /** N x 2Z, [mean | log variance] row by row. */
  codes: Float32Array
  latentSize: number
  /** Class of each image; empty without labels. */
  labels: readonly number[]
  /** The two dimensions shown. */
  dimensions: readonly [number, number]
}

/** Draws the points of the classes in `shown` (null: all); ratio is device pixels a CSS pixel. Returns how many lie outside. */
export function drawScatter(
  context: CanvasRenderingContext2D,
  view: PlaneView,
  scatter: Scatter,
  colours: { classes: readonly string[]; halo: string },
  shown: ReadonlySet<number> | null,
  ratio: number,
): number {
  const { codes, latentSize, labels, dimensions } = scatter
  const count = codes.length / (2 * latentSize)
  const radius = (count > 2000 ? 1.9 : 2.6) * ratio
  const stamps = colours.classes.map((colour) => stamp(colour, colours.halo, radius, ratio))
  const side = view.size * ratio
  context.clearRect(0, 0, side, side)
  let outside = 0
  for (let i = 0; i < count; i++) {
    const label = labels[i] ?? 0
    if (shown && !shown.has(label)) continue
    const [x, y] = placeOf(view, scatter, i, dimensions)
    if (x < 0 || y < 0 || x > view.size || y > view.size) {
      outside++
      continue
    }
    const picture = stamps[label % stamps.length]!
    context.drawImage(picture, Math.round(x * ratio - picture.width / 2), Math.round(y * ratio - picture.height / 2))
  }
  return outside
}

// One latent dimension: across is the value, and each class has a lane of its own below the strip of pictures.
function placeOf(
  view: PlaneView,
  { codes, latentSize, labels }: Scatter,
  index: number,
  [across, down]: readonly [number, number],
): [number, number] {
  const at = index * 2 * latentSize
  if (latentSize > 1) return planePixel(view, codes[at + across]!, codes[at + down]!)
  const [x] = planePixel(view, codes[at]!, 0)
  // an even scatter inside the lane, the same at every drawing
  const jitter = ((index * 0.618034) % 1) * 0.7 + 0.15
  const lane = ((labels[index] ?? 0) + jitter) / 10
  const top = view.size / view.columns.length + 8
  return [x, top + lane * (view.size - top)]
}

// A disc with a thin rim of the ground's colour, which keeps neighbours apart.
function stamp(colour: string, rim: string, radius: number, ratio: number): HTMLCanvasElement {
  const side = Math.ceil((radius + 0.7 * ratio) * 2) + 2
  const canvas = Object.assign(document.createElement('canvas'), { width: side, height: side })
  const context = canvas.getContext('2d')
  if (!context) return canvas
  for (const [fill, size] of [
    [rim, radius + 0.7 * ratio],
    [colour, radius],
  ] as const) {
    context.fillStyle = fill
    context.beginPath()
    context.arc(side / 2, side / 2, size, 0, 2 * Math.PI)
    context.fill()
  }
  return canvas
}
