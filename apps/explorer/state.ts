// Where the page stands: the point that is shown, the two ends of the interpolation, the dimensions
// of the plane. Parts listen and are told once a frame, however often something changes.
import type { Model } from './pageModel.ts'

/** From A to B: straight, or along the arc. */
export type Way = 'linear' | 'spherical'

export type Change = 'point' | 'ends' | 'axes'

/**
 * The image that a point is the code of: a test image by its index, or one that was drawn (uint8).
 */
export type Origin = { picture: number } | { drawn: Uint8Array }

export class Position {
  readonly model: Model
  /** The point that is decoded. */
  z: Float64Array
  a: Float64Array
  b: Float64Array
  way: Way = 'linear'
  /** Horizontal and vertical dimension of the plane; equal when there is one only. */
  axes: [number, number]
  /** What was encoded, as long as the point is still at its code. */
  origin: Origin | null = null
  /** The plane reaches from -limit to limit. */
  readonly limit: number
  private readonly listeners: ((changes: Set<Change>) => void)[] = []
  private pending = new Set<Change>()

  constructor(model: Model) {
    this.model = model
    const { latentSize } = model.data
    this.z = new Float64Array(latentSize)
    this.axes = [0, latentSize > 1 ? 1 : 0]
    const sizes = Float32Array.from(model.codes, Math.abs).sort()
    // all but the outermost codes, and never less than the bulk of the prior
    this.limit = Math.min(
      6,
      Math.max(3, Math.ceil(2 * (sizes[Math.floor(sizes.length * 0.97)] ?? 3)) / 2),
    )
    const ends = this.firstEnds()
    this.a = ends[0]
    this.b = ends[1]
  }

  onChange(listener: (changes: Set<Change>) => void): void {
    this.listeners.push(listener)
  }

  tell(...changes: Change[]): void {
    if (this.pending.size === 0) requestAnimationFrame(() => this.flush())
    for (const change of changes) this.pending.add(change)
  }

  move(z: ArrayLike<number>, origin: Origin | null = null): void {
    this.z = Float64Array.from(z)
    this.origin = origin
    this.tell('point')
  }

  /** One dimension of the point. */
  set(dimension: number, value: number): void {
    this.z[dimension] = value
    this.origin = null
    this.tell('point')
  }

  setEnd(end: 'a' | 'b'): void {
    this[end] = this.z.slice()
    this.tell('ends')
  }

  /** Index of the test image that the point is the code of, or null. */
  get picture(): number | null {
    return this.origin && 'picture' in this.origin ? this.origin.picture : null
  }

  code(picture: number): Float64Array {
    const { latentSize } = this.model.data
    return Float64Array.from(
      this.model.codes.subarray(picture * latentSize, (picture + 1) * latentSize),
    )
  }

  /** Whether the plane as it stands does not reach that picture's code. */
  isOutside(picture: number): boolean {
    const code = this.code(picture)
    return this.axes.some((axis) => Math.abs(code[axis]!) > this.limit)
  }

  private flush(): void {
    const changes = this.pending
    this.pending = new Set()
    for (const listener of this.listeners) listener(changes)
  }

  // Two pictures of different classes, both in sight where there are such, or two corners.
  private firstEnds(): [Float64Array, Float64Array] {
    const { latentSize, pictures } = this.model.data
    const seen = (at: number) =>
      this.axes.every((axis) => Math.abs(this.code(at)[axis]!) < 0.95 * this.limit)
    const all = this.model.codes.length > 0 ? pictures.labels.map((_, at) => at) : []
    const candidates = all.filter(seen).length > 1 ? all.filter(seen) : all
    const [first] = candidates
    const other = candidates.find((at) => pictures.labels[at] !== pictures.labels[first!])
    if (first !== undefined && other !== undefined) return [this.code(first), this.code(other)]
    const corner = (side: number) =>
      Float64Array.from({ length: latentSize }, (_, axis) => (axis < 2 ? side : 0))
    return [corner(-1.5), corner(1.5)]
  }
}

/**
 * Points between a and b: straight, or along the arc, which keeps the distance from the middle that
 * the prior's points have.
 */
export function between(a: Float64Array, b: Float64Array, t: number, way: Way): Float64Array {
  const straight = a.map((value, axis) => value + t * (b[axis]! - value))
  if (way === 'linear') return straight
  const length = (v: Float64Array) => Math.hypot(...v)
  const cosine = a.reduce((sum, value, axis) => sum + value * b[axis]!, 0) / (length(a) * length(b))
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)))
  // no arc leads from the middle, nor a shortest one between opposite points
  if (!(angle > 1e-4) || Math.PI - angle < 1e-4) return straight
  const [from, to] = [
    Math.sin((1 - t) * angle) / Math.sin(angle),
    Math.sin(t * angle) / Math.sin(angle),
  ]
  return a.map((value, axis) => from * value + to * b[axis]!)
}
