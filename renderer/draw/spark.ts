// A loss over its steps as a line of a few pixels. The first steps fall so far that all the rest
// would be one flat line, so the scale is that of what follows them, and the beginning is left out.

const beginning = 0.05 // of the steps so far
const fewest = 20 // values: of fewer all are drawn
const pad = 3

/**
 * values: means over equal stretches of steps, first to last. part: how much of the width they
 * take, 0 to 1.
 */
export function sparkPoints(
  values: readonly number[],
  { width, height, part }: { width: number; height: number; part: number },
): { x: number; y: number }[] {
  const skipped = values.length < fewest ? 0 : Math.ceil(values.length * beginning)
  const stretch = ((width - 2 * pad) * part) / Math.max(1, values.length - 1)
  const shown = values.map((value, index) => ({ value, x: pad + index * stretch })).slice(skipped)
  const finite = shown.filter(({ value }) => Number.isFinite(value))
  const numbers = finite.map(({ value }) => value)
  const lowest = Math.min(...numbers)
  const range = Math.max(...numbers) - lowest || 1
  return finite.map(({ value, x }) => ({
    x,
    y: pad + (1 - (value - lowest) / range) * (height - 2 * pad),
  }))
}
