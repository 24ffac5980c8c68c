// The veil over what lies far from the data: where the logarithm of a density, known at the cells
// of a lattice, is below a level. Between the cells' centres it is interpolated, so that the edge
// does not show them.

export interface Lattice {
  /** Cells along one side. */
  cells: number
  /** cells x cells, row by row from the top, nats. */
  logDensity: readonly number[]
  level: number
}

const stripe = 7 // device pixels from one line of the hatch to the next

/**
 * RGBA of side x side pixels: a light wash with a hatch of diagonal lines, transparent where the
 * density is high.
 */
export function drawVeil(
  { cells, logDensity, level }: Lattice,
  side: number,
  colour: readonly [number, number, number],
  [wash, line]: readonly [number, number],
  ratio: number,
): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray(side * side * 4)
  const period = Math.max(2, Math.round(stripe * ratio))
  const places = Array.from({ length: side }, (_, pixel) => placeOf(pixel, side, cells))
  for (let y = 0; y < side; y++) {
    const [top, bottom, low] = places[y]!
    for (let x = 0; x < side; x++) {
      const [left, right, share] = places[x]!
      const above = mix(logDensity[top * cells + left]!, logDensity[top * cells + right]!, share)
      const below = mix(
        logDensity[bottom * cells + left]!,
        logDensity[bottom * cells + right]!,
        share,
      )
      if (mix(above, below, low) >= level) continue
      const at = (y * side + x) * 4
      rgba.set(colour, at)
      rgba[at + 3] = 255 * ((x + y) % period < ratio ? line : wash)
    }
  }
  return rgba
}

/** Share of the lattice that lies below its level. */
export function veiledShare({ logDensity, level }: Lattice): number {
  return (
    logDensity.reduce((sum, value) => sum + Number(value < level), 0) /
    Math.max(1, logDensity.length)
  )
}

// the two centres around a pixel, and how far it is from the first to the second
function placeOf(pixel: number, side: number, cells: number): [number, number, number] {
  const place = Math.max(0, Math.min(cells - 1, ((pixel + 0.5) / side) * cells - 0.5))
  const first = Math.min(cells - 1, Math.floor(place))
  return [first, Math.min(cells - 1, first + 1), place - first]
}

// -Infinity stays so even at share 0
const mix = (a: number, b: number, share: number) => (share === 0 ? a : a * (1 - share) + b * share)
