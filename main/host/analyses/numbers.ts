// Numbers as an answer carries them: with as many digits as are of use, so that it stays small.

export const rounded = (values: ArrayLike<number>, digits: number): number[] =>
  Array.from(values, (value) => Number(value.toPrecision(digits)))

/** Latent vectors of Z numbers each; nine digits tell every float32 apart. */
export const latentRows = (points: Float32Array, Z: number): number[][] =>
  Array.from({ length: points.length / Z }, (_, i) =>
    rounded(points.subarray(i * Z, (i + 1) * Z), 9),
  )
