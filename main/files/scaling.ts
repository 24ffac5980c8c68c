// Pictures at another size: every pixel a block where they grow (images of data have few pixels,
// and each one counts), the mean of what a pixel covers where they shrink.
import type { Picture } from './png.ts'

/** The picture `width` pixels wide, its height in proportion. */
export function scaledTo(picture: Picture, width: number): Picture {
  if (width === picture.width) return picture
  const height = Math.max(1, Math.round((picture.height * width) / picture.width))
  return width > picture.width ? enlarged(picture, width, height) : reduced(picture, width, height)
}

/** Each pixel as factor x factor pixels. */
export function magnified(picture: Picture, factor: number): Picture {
  return factor === 1 ? picture : enlarged(picture, picture.width * factor, picture.height * factor)
}

function enlarged(
  { width: oldWidth, height: oldHeight, channels, pixels }: Picture,
  width: number,
  height: number,
): Picture {
  const whole = new Uint8Array(width * height * channels)
  const line = width * channels
  for (let y = 0, before = -1; y < height; y++) {
    const from = source(y, height, oldHeight)
    if (from === before) whole.copyWithin(y * line, (y - 1) * line, y * line)
    else
      for (let x = 0; x < width; x++)
        for (let channel = 0; channel < channels; channel++)
          whole[y * line + x * channels + channel] =
            pixels[(from * oldWidth + source(x, width, oldWidth)) * channels + channel]!
    before = from
  }
  return { width, height, channels, pixels: whole }
}

/** The old pixel under the middle of a new one. */
const source = (at: number, size: number, oldSize: number) =>
  Math.floor(((at + 0.5) * oldSize) / size)

function reduced(picture: Picture, width: number, height: number): Picture {
  const { channels } = picture
  const [columns, rows] = [shares(width, picture.width), shares(height, picture.height)]
  const whole = new Uint8Array(width * height * channels)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let channel = 0; channel < channels; channel++) {
        let mean = 0
        for (const [row, high] of rows[y]!)
          for (const [column, wide] of columns[x]!)
            mean +=
              high * wide * picture.pixels[(row * picture.width + column) * channels + channel]!
        whole[(y * width + x) * channels + channel] = Math.round(mean)
      }
  return { width, height, channels, pixels: whole }
}

// Which old pixels each new one covers, and for how much of it.
function shares(size: number, oldSize: number): [old: number, share: number][][] {
  return Array.from({ length: size }, (_, at) => {
    const [from, to] = [(at * oldSize) / size, ((at + 1) * oldSize) / size]
    const covered: [number, number][] = []
    for (let old = Math.floor(from); old < Math.min(oldSize, to); old++) {
      const share = ((Math.min(to, old + 1) - Math.max(from, old)) * size) / oldSize
      if (share > 0) covered.push([old, share])
    }
    return covered
  })
}
