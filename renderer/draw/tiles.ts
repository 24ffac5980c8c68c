// Grey pictures of a model as the browser's RGBA: a grid of tiles laid out in reading order, one
// tile out of many, and the parts of a stored frame.
import type { FrameInfo } from '../../preload/contract/records.ts'

/** Tiles of width x height x channels uint8 (channels 1 or 3), one after the other. */
export interface Tiles {
  count: number
  width: number
  height: number
  channels: number
  pixels: Uint8Array
  /** What the 256 values of one channel look like, RGBA words as in `rampOf`; missing: grey. */
  palette?: Uint32Array
}

/** A picture ready for putImageData. */
export interface Picture {
  width: number
  height: number
  rgba: Uint8ClampedArray<ArrayBuffer>
}

// a pixel as one number: red in the lowest byte, as every machine that runs a browser has it
const opaqueBlack = 0xff000000
const greys = Uint32Array.from({ length: 256 }, (_, value) => opaqueBlack | (value * 0x010101))

/** Some of the tiles, in the order of `indices`. */
export function pickedTiles(tiles: Tiles, indices: readonly number[]): Tiles {
  const size = tiles.width * tiles.height * tiles.channels
  const pixels = new Uint8Array(indices.length * size)
  indices.forEach((index, at) =>
    pixels.set(tiles.pixels.subarray(index * size, (index + 1) * size), at * size),
  )
  return { ...tiles, count: indices.length, pixels }
}

/** Empty picture for a grid of tiles, opaque black. */
export function emptyPicture(width: number, height: number): Picture {
  const picture = { width, height, rgba: new Uint8ClampedArray(width * height * 4) }
  clearPicture(picture)
  return picture
}

/** Opaque black again. */
export function clearPicture({ rgba }: Picture): void {
  new Uint32Array(rgba.buffer).fill(opaqueBlack)
}

/**
 * Lays tiles out in rows of `columns`, from tile `first` of the grid on, into a picture of that
 * grid.
 */
export function placeTiles(picture: Picture, tiles: Tiles, columns: number, first = 0): void {
  for (let tile = 0; tile < tiles.count; tile++) {
    const left = ((first + tile) % columns) * tiles.width
    const top = Math.floor((first + tile) / columns) * tiles.height
    placeTile(picture, tiles, tile, left, top)
  }
}

/** The whole grid as one picture: [columns*width, rows*height]. */
export function pictureOf(tiles: Tiles, columns: number): Picture {
  const picture = emptyPicture(
    columns * tiles.width,
    Math.ceil(tiles.count / columns) * tiles.height,
  )
  placeTiles(picture, tiles, columns)
  return picture
}

function placeTile(picture: Picture, tiles: Tiles, tile: number, left: number, top: number): void {
  const { width, height, channels, pixels } = tiles
  if (channels === 1) return placeGrey(picture, tiles, tile, left, top)
  const green = channels === 3 ? 1 : 0
  const blue = channels === 3 ? 2 : 0
  let source = tile * width * height * channels
  for (let y = 0; y < height; y++) {
    let target = ((top + y) * picture.width + left) * 4
    for (let x = 0; x < width; x++) {
      picture.rgba[target] = pixels[source]!
      picture.rgba[target + 1] = pixels[source + green]!
      picture.rgba[target + 2] = pixels[source + blue]!
      source += channels
      target += 4
    }
  }
}

// One write a pixel instead of four: a 40 x 40 manifold has 1.3 million of them.
function placeGrey(
  picture: Picture,
  { width, height, pixels, palette = greys }: Tiles,
  tile: number,
  left: number,
  top: number,
): void {
  const words = new Uint32Array(picture.rgba.buffer)
  let source = tile * width * height
  for (let y = 0; y < height; y++) {
    let target = (top + y) * picture.width + left
    for (let x = 0; x < width; x++) words[target++] = palette[pixels[source++]!]!
  }
}

export interface FrameTiles {
  step: number
  grid: number
  manifold: Tiles
  originals: Tiles
  reconstructions: Tiles
}

/**
 * The parts of a stored frame. Throws RangeError when its bytes do not fit what it says of itself.
 */
export function frameTiles(frame: FrameInfo, bytes: Uint8Array): FrameTiles {
  const tile = frame.tileWidth * frame.tileHeight
  const counts = [frame.grid * frame.grid, frame.reconstructions, frame.reconstructions]
  const total = counts.reduce((sum, count) => sum + count, 0)
  const channels = total === 0 ? 1 : bytes.length / (total * tile)
  if (channels !== 1 && channels !== 3)
    throw new RangeError(
      `expected ${total} tiles of ${tile} pixels in the frame of step ${frame.step}, found ${bytes.length} bytes`,
    )
  let offset = 0
  const parts = counts.map((count): Tiles => {
    const size = count * tile * channels
    const pixels = bytes.subarray(offset, offset + size)
    offset += size
    return { count, width: frame.tileWidth, height: frame.tileHeight, channels, pixels }
  })
  return {
    step: frame.step,
    grid: frame.grid,
    manifold: parts[0]!,
    originals: parts[1]!,
    reconstructions: parts[2]!,
  }
}

/** One tile out of many, without copying. */
export const tileAt = (tiles: Tiles, index: number): Tiles => tilesFrom(tiles, index, 1)

/** Some tiles one after the other, without copying. */
export function tilesFrom(tiles: Tiles, first: number, count: number): Tiles {
  const size = tiles.width * tiles.height * tiles.channels
  return { ...tiles, count, pixels: tiles.pixels.subarray(first * size, (first + count) * size) }
}

/** Mean grey, 0..255: for the text that says what a canvas shows. */
export function meanGrey(tiles: Tiles): number {
  let sum = 0
  for (const value of tiles.pixels) sum += value
  return tiles.pixels.length === 0 ? 0 : sum / tiles.pixels.length
}

/**
 * Side for a picture of `natural` device pixels in `room` CSS pixels: a whole multiple where one
 * comes near, so that all pixels are equal.
 */
export function crispSide(natural: number, room: number, ratio: number): number {
  const once = natural / ratio
  const times = Math.floor(room / once)
  return times >= 1 && room / (once * times) < 1.16 ? once * times : Math.floor(room)
}
