// Tiles laid out as one picture, and pictures at another size: every pixel a block where they grow
// (images of data have few pixels, and each one counts), the mean of what a pixel covers where they
// shrink. Never blurred.
import { emptyPicture, placeTiles, type Picture, type Tiles } from './tiles.ts'

/** Tiles in rows of `columns`. */
export interface Sheet {
  tiles: Tiles
  columns: number
}

/** Columns beside each other, each with its sheets under each other. */
export type Layout = readonly (readonly Sheet[])[]

const heightOf = ({ tiles, columns }: Sheet) => Math.ceil(tiles.count / columns) * tiles.height
const widthOf = ({ tiles, columns }: Sheet) => columns * tiles.width
// black between sheets, so that a reader sees where one ends: a seventh of a tile, 4 pixels of 28
const gapOf = ({ tiles }: Sheet) => Math.max(1, Math.round(Math.min(tiles.width, tiles.height) / 7))

/** Size of the picture in its own pixels. */
export function layoutSize(layout: Layout): { width: number; height: number } {
  const columns = layout.filter((sheets) => sheets.length > 0)
  const wide = columns.map((sheets) => Math.max(...sheets.map(widthOf)))
  const high = columns.map((sheets) =>
    sheets.reduce((sum, sheet, i) => sum + heightOf(sheet) + (i > 0 ? gapOf(sheet) : 0), 0),
  )
  const gaps = columns.slice(1).reduce((sum, [first]) => sum + gapOf(first!), 0)
  return { width: wide.reduce((sum, value) => sum + value, gaps), height: Math.max(0, ...high) }
}

/** The picture at its own size; the rest is black. */
export function layoutPicture(layout: Layout): Picture {
  const { width, height } = layoutSize(layout)
  const whole = emptyPicture(width, height)
  let left = 0
  for (const [place, sheets] of layout.filter((each) => each.length > 0).entries()) {
    if (place > 0) left += gapOf(sheets[0]!)
    let top = 0
    for (const [row, sheet] of sheets.entries()) {
      if (row > 0) top += gapOf(sheet)
      const part = emptyPicture(widthOf(sheet), heightOf(sheet))
      placeTiles(part, sheet.tiles, sheet.columns)
      for (let y = 0; y < part.height; y++)
        whole.rgba.set(
          part.rgba.subarray(4 * y * part.width, 4 * (y + 1) * part.width),
          4 * ((top + y) * width + left),
        )
      top += part.height
    }
    left += Math.max(...sheets.map(widthOf))
  }
  return whole
}

/** Whether all of it is grey: red, green and blue are then equal everywhere. */
export const isGrey = (layout: Layout) =>
  layout.every((sheets) => sheets.every(({ tiles }) => tiles.channels === 1))

/**
 * The whole multiple of a natural width that comes nearest to what is wanted, at least the width
 * itself.
 */
export const wholeMultiple = (natural: number, wanted: number) =>
  natural * Math.max(1, Math.round(wanted / natural))

/** The picture `width` pixels wide, its height in proportion. */
export function resizedPicture(picture: Picture, width: number): Picture {
  if (width === picture.width) return picture
  const height = Math.max(1, Math.round((picture.height * width) / picture.width))
  return width > picture.width ? enlarged(picture, width, height) : reduced(picture, width, height)
}

// Whole RGBA pixels at a time, rows that repeat copied.
function enlarged(picture: Picture, width: number, height: number): Picture {
  const from = new Uint32Array(
    picture.rgba.buffer,
    picture.rgba.byteOffset,
    picture.width * picture.height,
  )
  const to = new Uint32Array(width * height)
  // the old pixel under the middle of a new one
  const source = (at: number, size: number, old: number) => Math.floor(((at + 0.5) * old) / size)
  const across = Uint32Array.from({ length: width }, (_, x) => source(x, width, picture.width))
  for (let y = 0, before = -1; y < height; y++) {
    const row = source(y, height, picture.height)
    if (row === before) to.copyWithin(y * width, (y - 1) * width, y * width)
    else for (let x = 0; x < width; x++) to[y * width + x] = from[row * picture.width + across[x]!]!
    before = row
  }
  return { width, height, rgba: new Uint8ClampedArray(to.buffer) }
}

// Down first, then across: the mean of an area is the mean of its rows' means.
function reduced(picture: Picture, width: number, height: number): Picture {
  const rows = new Float32Array(4 * picture.width * height)
  for (const [y, parts] of shares(height, picture.height).entries())
    for (const [old, share] of parts)
      for (
        let i = 0, at = 4 * y * picture.width, from = 4 * old * picture.width;
        i < 4 * picture.width;
        i++
      )
        rows[at + i]! += share * picture.rgba[from + i]!
  const rgba = new Uint8ClampedArray(4 * width * height)
  const across = shares(width, picture.width)
  for (let y = 0; y < height; y++)
    for (const [x, parts] of across.entries())
      for (let channel = 0; channel < 4; channel++) {
        let mean = 0
        for (const [old, share] of parts)
          mean += share * rows[4 * (y * picture.width + old) + channel]!
        rgba[4 * (y * width + x) + channel] = Math.round(mean)
      }
  return { width, height, rgba }
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
