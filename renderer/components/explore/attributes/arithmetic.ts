// Attribute vectors: z = c + strength (a - b) (White 2016, "Sampling generative networks"), and the
// terms as the address writes them.
import { parseStops, type Stop } from '../interpolate/stops.ts'

export type Slot = 'a' | 'b' | 'c'
export const slots: readonly Slot[] = ['a', 'b', 'c']
export const strengthLimit = 2
/** Images of the strip from -2 to 2: one for each quarter. */
export const stripImages = 17

/** c + strength (a - b), each of Z numbers. */
export function attributePoint(
  a: readonly number[],
  b: readonly number[],
  c: readonly number[],
  strength: number,
): number[] {
  return c.map((value, i) => value + strength * ((a[i] ?? 0) - (b[i] ?? 0)))
}

/** Strengths of the strip, even from -2 to 2. */
export function stripStrengths(): number[] {
  return Array.from(
    { length: stripImages },
    (_, i) => strengthLimit * ((2 * i) / (stripImages - 1) - 1),
  )
}

/** The strength that a text says, held inside the limits; 1 where it says none: a - b + c. */
export function strengthOf(text: string | null): number {
  const value = text === null || text === '' ? 1 : Number(text)
  return Number.isFinite(value) ? Math.max(-strengthLimit, Math.min(strengthLimit, value)) : 1
}

/** One term of the address; null for none or what is not one. */
export function parseTerm(text: string | undefined): Stop | null {
  return parseStops(text)?.[0] ?? null
}

/**
 * What the terms are until somebody chooses: the last class less the first, added to an image of
 * the first; else images.
 */
export function usualTerms(
  classes: number,
  images: readonly number[],
): Partial<Record<Slot, Stop>> {
  const image = (at: number): Stop => ({
    kind: 'image',
    split: 'validation',
    index: images[at] ?? at,
  })
  if (images.length === 0) return {}
  if (classes < 2) return { a: image(1), b: image(0), c: image(2) }
  return { a: { kind: 'class', label: classes - 1 }, b: { kind: 'class', label: 0 }, c: image(0) }
}

/** Euclidean length of a - b. */
export function distanceOf(a: readonly number[], b: readonly number[]): number {
  return Math.hypot(...a.map((value, i) => value - (b[i] ?? 0)))
}
