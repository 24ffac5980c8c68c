// What an explorer page carries beside its script: a description as JSON, and three blocks of bytes
// in base64. Written by page.ts, read by apps/explorer.
import type { PagePrecision } from '../../preload/contract/exports.ts'
import type { ImageShape, Layer } from '../../preload/contract/parameters.ts'
import type { RunConfig } from '../../preload/contract/runConfig.ts'

export interface PageData {
  name: string
  /** One line under the name. */
  about: string
  image: ImageShape
  latentSize: number
  activation: RunConfig['activation']
  decoder: Layer[]
  /** Empty when the encoder was left out. */
  encoder: Layer[]
  precision: PagePrecision
  /** In the order in which the block `weights` holds them. */
  parameters: { name: string; count: number }[]
  /**
   * Labelled pictures in the block `pictures` (uint8), their posterior means in `codes` (float32,
   * count x latentSize).
   */
  pictures: { count: number; labels: number[]; classes: string[] }
  /** The model card: sections of lines, a label and a value. */
  card: { title: string; lines: [label: string, value: string][] }[]
}

/** Ids of the elements that hold the blocks. */
export const blocks = {
  data: 'model',
  weights: 'weights',
  pictures: 'pictures',
  codes: 'codes',
} as const

/**
 * float32 to the bits of IEEE 754 binary16, to the nearest, ties to even; what is too large becomes
 * infinite.
 */
export function toHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const size = Math.abs(value)
  if (Number.isNaN(value)) return 0x7e00
  if (size >= 65520) return sign | 0x7c00
  // the smallest step at this size; below 2^-14 it is that of the subnormal numbers
  const exponent = Math.max(-14, Math.floor(Math.log2(size || 1e-300)))
  const steps = size / 2 ** (exponent - 10)
  const below = Math.floor(steps)
  const rounded =
    steps - below > 0.5 || (steps - below === 0.5 && below % 2 === 1) ? below + 1 : below
  // carried into the next exponent where the fraction overflows
  return sign | (rounded < 1024 ? rounded : ((exponent + 15) << 10) + (rounded - 1024))
}

/** The number that 16 bits of IEEE 754 stand for. */
export function fromHalf(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 0x1f, bits & 0x3ff]
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN
  return sign * (1024 + fraction) * 2 ** (exponent - 25)
}
