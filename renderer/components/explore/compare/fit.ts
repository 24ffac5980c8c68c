// Making one cursor fit models of several latent sizes, and several pictures fit one room.

/**
 * A latent vector for a model with `size` dimensions: those it has, 0 for those the cursor lacks.
 */
export function fitVector(z: readonly number[], size: number): number[] {
  return Array.from({ length: size }, (_, i) => z[i] ?? 0)
}

/** The two dimensions that span a plane, or the first ones where the model lacks one of them. */
export function fitDimensions(
  dimensions: readonly [number, number],
  size: number,
): [number, number] {
  const [a, b] = dimensions
  return a < size && b < size ? [a, b] : [0, Math.min(1, size - 1)]
}

/** What is left out of the cursor or filled up, as a sentence; null where the sizes agree. */
export function fitWords(size: number, cursorSize: number): string | null {
  if (size === cursorSize) return null
  const dimensions = (count: number) =>
    `${count} latent ${count === 1 ? 'dimension' : 'dimensions'}`
  return size < cursorSize
    ? `This run has ${dimensions(size)} of the cursor's ${cursorSize}. The others have no effect on it.`
    : `This run has ${dimensions(size)}. Those beyond the cursor's ${cursorSize} stay at 0.`
}

export interface Room {
  width: number
  height: number
}

/**
 * How many of `count` equal cells stand side by side so that the squares in them become largest.
 * around: what a cell needs beside its square, across and down.
 */
export function arrange(
  count: number,
  room: Room,
  around: Room,
): { columns: number; size: number } {
  const options = Array.from({ length: count }, (_, i) => {
    const columns = i + 1
    const rows = Math.ceil(count / columns)
    return {
      columns,
      size: Math.floor(
        Math.min(room.width / columns - around.width, room.height / rows - around.height),
      ),
    }
  })
  return options.reduce((best, option) => (option.size > best.size ? option : best))
}
