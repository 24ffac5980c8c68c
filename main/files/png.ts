// Writes PNG pictures of 8-bit grey or RGB (W3C PNG specification, third edition): signature, IHDR,
// one IDAT, IEND.
import { crc32, deflateSync } from 'node:zlib'
import { StudioError } from '../../preload/contract/errors.ts'

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
const colourTypes: Record<number, number> = { 1: 0, 3: 2 } // channels -> PNG colour type: grey, truecolour
const largestSide = 65_535

export interface Picture {
  width: number
  height: number
  /** 1 grey, 3 RGB. */
  channels: number
  /** height x width x channels, top left first. */
  pixels: Uint8Array
}

/** The PNG file of a picture. Throws StudioError `bad-input` for sizes that do not fit. */
export function pngBytes(picture: Picture): Uint8Array {
  const { width, height, channels, pixels } = picture
  const colourType = colourTypes[channels]
  const fits = (side: number) => Number.isInteger(side) && side >= 1 && side <= largestSide
  if (
    colourType === undefined ||
    !fits(width) ||
    !fits(height) ||
    pixels.length !== width * height * channels
  ) {
    throw new StudioError(
      'bad-input',
      `PNG: expected a picture of 1 or 3 channels with width x height x channels values, found ${width} x ${height} x ${channels} with ${pixels.length}.`,
    )
  }
  const header = new Uint8Array(13) // width, height, bit depth, colour type, compression 0, filter method 0, no interlace
  const view = new DataView(header.buffer)
  view.setUint32(0, width)
  view.setUint32(4, height)
  header.set([8, colourType], 8)
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(filtered(picture), { level: 9 })),
    chunk('IEND', new Uint8Array(0)),
  ])
}

// Each row starts with its filter. 0 (none) packs pictures of digits, black with few edges, smaller
// than differences do.
function filtered({ width, height, channels, pixels }: Picture): Uint8Array {
  const stride = width * channels
  const rows = new Uint8Array(height * (stride + 1))
  for (let row = 0; row < height; row++)
    rows.set(pixels.subarray(row * stride, (row + 1) * stride), row * (stride + 1) + 1)
  return rows
}

// Length of the data, type, data, CRC-32 over type and data.
function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, data.length)
  bytes.set(Buffer.from(type, 'latin1'), 4)
  bytes.set(data, 8)
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)))
  return bytes
}
