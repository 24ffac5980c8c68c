// Grey images as bytes and as numbers: 0..255 in data sets and pictures, [0, 1] in models.

const scaled = Float32Array.from({ length: 256 }, (_, grey) => grey / 255)

/**
 * 0..255 -> [0, 1]. A plain loop over a table: Float32Array.from with a function takes ten times as
 * long.
 */
export function greyFloats(bytes: Uint8Array): Float32Array {
  const floats = new Float32Array(bytes.length)
  for (let i = 0; i < bytes.length; i++) floats[i] = scaled[bytes[i]!]!
  return floats
}

/** [0, 1] -> 0..255, rounded; values outside are clipped. */
export function greyBytes(pixels: Float32Array): Uint8Array {
  const bytes = new Uint8Array(pixels.length)
  for (let i = 0; i < bytes.length; i++) {
    const grey = pixels[i]! * 255 + 0.5
    bytes[i] = grey < 0 ? 0 : grey > 255 ? 255 : grey // storing cuts the fraction off
  }
  return bytes
}
