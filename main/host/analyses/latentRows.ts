// Latent vectors as an answer carries them.

/** Z numbers each; nine digits tell every float32 apart and keep the answer small. */
export const latentRows = (points: Float32Array, Z: number): number[][] =>
  Array.from({ length: points.length / Z }, (_, i) =>
    Array.from(points.subarray(i * Z, (i + 1) * Z), (value) => Number(value.toPrecision(9))),
  )
