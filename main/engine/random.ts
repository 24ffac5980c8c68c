// The one random generator on every rung: Philox4x32-10 (Salmon et al. 2011, "Parallel random
// numbers: as easy as 1, 2, 3"), counter based, so that any step's numbers follow from (seed,
// purpose, step) alone. key = (seed, purpose); counter = (block, step, 0, 0). The native rung
// computes the same words in the graph.

/**
 * What the numbers are for; part of the key, so that no two uses share a stream. Stored runs rely
 * on these values.
 */
export const purposes = {
  weights: 1,
  shuffle: 2,
  latent: 3,
  pixels: 4,
  evaluation: 5,
  fixedPixels: 6,
  prior: 7,
  importance: 8,
  clusters: 9,
  mixture: 10,
  aggregate: 11,
  explanation: 12,
  projection: 13,
} as const
export type Purpose = keyof typeof purposes

const MULTIPLIER_0 = 0xd2511f53
const MULTIPLIER_1 = 0xcd9e8d57
const WEYL_0 = 0x9e3779b9
const WEYL_1 = 0xbb67ae85

// High 32 bits of the 64-bit product of two unsigned 32-bit words, by 16-bit halves.
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16)
  const cross = aLow * bHigh + (middle & 0xffff)
  return (aHigh * bHigh + Math.floor(middle / 65536) + (cross - (cross & 0xffff)) / 65536) >>> 0
}

/**
 * `count` consecutive words for a 64-bit key [low, high] and a 128-bit counter, least significant
 * word first.
 */
export function philoxWords(
  key: readonly [number, number],
  counter: readonly [number, number, number, number],
  count: number,
): Uint32Array {
  const words = new Uint32Array(Math.ceil(count / 4) * 4)
  const position = Uint32Array.from(counter)
  for (let at = 0; at < words.length; at += 4) {
    let c0 = position[0]!,
      c1 = position[1]!,
      c2 = position[2]!,
      c3 = position[3]!
    let k0 = key[0] >>> 0,
      k1 = key[1] >>> 0
    for (let round = 0; round < 10; round++) {
      const high0 = multiplyHigh(MULTIPLIER_0, c0)
      const low0 = Math.imul(MULTIPLIER_0, c0) >>> 0
      const high1 = multiplyHigh(MULTIPLIER_1, c2)
      const low1 = Math.imul(MULTIPLIER_1, c2) >>> 0
      c0 = (high1 ^ c1 ^ k0) >>> 0
      c1 = low1
      c2 = (high0 ^ c3 ^ k1) >>> 0
      c3 = low0
      k0 = (k0 + WEYL_0) >>> 0
      k1 = (k1 + WEYL_1) >>> 0
    }
    words[at] = c0
    words[at + 1] = c1
    words[at + 2] = c2
    words[at + 3] = c3
    increment(position)
  }
  return words.subarray(0, count)
}

function increment(counter: Uint32Array): void {
  for (let word = 0; word < 4; word++) {
    counter[word] = (counter[word]! + 1) >>> 0
    if (counter[word] !== 0) return
  }
}

/** The words of one step and purpose. */
export function stepWords(
  seed: number,
  purpose: Purpose,
  step: number,
  count: number,
): Uint32Array {
  return philoxWords([seed >>> 0, purposes[purpose]], [0, step >>> 0, 0, 0], count)
}

/** count float32 uniforms in [0, 1): (word >>> 8) * 2^-24, exact. */
export function uniform24(
  seed: number,
  purpose: Purpose,
  step: number,
  count: number,
): Float32Array {
  const words = stepWords(seed, purpose, step, count)
  const values = new Float32Array(count)
  for (let i = 0; i < count; i++) values[i] = (words[i]! >>> 8) * 2 ** -24
  return values
}

/**
 * count float32 uniforms in [0, 1) of 16 bits, two for each word, low half first; enough to draw a
 * grey value of 8 bits.
 */
export function uniform16(
  seed: number,
  purpose: Purpose,
  step: number,
  count: number,
): Float32Array {
  const words = stepWords(seed, purpose, step, Math.ceil(count / 2))
  const values = new Float32Array(count)
  for (let i = 0; i < count; i++)
    values[i] = ((i & 1 ? words[i >> 1]! >>> 16 : words[i >> 1]!) & 0xffff) * 2 ** -16
  return values
}

/**
 * count standard normals by Box-Muller, for draws outside the training step (where the engine's ops
 * do the same).
 */
export function normals(seed: number, purpose: Purpose, step: number, count: number): Float32Array {
  const half = Math.ceil(count / 2)
  const uniforms = uniform24(seed, purpose, step, 2 * half)
  const values = new Float32Array(2 * half)
  for (let i = 0; i < half; i++) {
    const radius = Math.sqrt(-2 * Math.log(1 - uniforms[i]!))
    const angle = 2 * Math.PI * uniforms[half + i]!
    values[i] = radius * Math.cos(angle)
    values[half + i] = radius * Math.sin(angle)
  }
  return values.subarray(0, count)
}

/** A permutation of 0..count-1 (Fisher-Yates; the modulo's bias is below count / 2^32). */
export function permutation(seed: number, epoch: number, count: number): Int32Array {
  const words = stepWords(seed, 'shuffle', epoch, count)
  const order = new Int32Array(count)
  for (let i = 0; i < count; i++) order[i] = i
  for (let i = count - 1; i > 0; i--) {
    const other = words[i]! % (i + 1)
    const kept = order[i]!
    order[i] = order[other]!
    order[other] = kept
  }
  return order
}
