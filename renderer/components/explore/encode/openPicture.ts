// A picture from outside (dropped, opened, pasted) as grey values. Bytes and pixels are limited
// before anything is decoded; every refusal says what was expected, what was found, and what to do.
import { StudioError } from '../../../../preload/contract/errors.ts'
import { greyOf, resized, type Grey } from '../../../draw/grey.ts'
import { pictureHeader, type PictureHeader } from '../../../draw/pictureHeader.ts'
import { bytes, count } from '../../../format.ts'

export const mostBytes = 20e6
export const mostPixels = 40e6 // 160 MB once decoded
const workSide = 1024 // pixels of the longer side that are kept; models see far fewer
const formats = 'a PNG, JPEG, GIF, BMP or WebP picture'

export interface OpenedPicture {
  name: string
  /** Size that the file has. */
  width: number
  height: number
  grey: Grey
}

/** Throws `bad-input`. */
export async function openPicture(file: Blob, name: string): Promise<OpenedPicture> {
  refuse(file.size === 0, `${name}: expected ${formats}, found an empty file. Choose another file.`)
  refuse(
    file.size > mostBytes,
    `${name}: expected a picture of at most ${bytes(mostBytes)}, found ${bytes(file.size)}. Make it smaller, or choose another.`,
  )
  const header = checkedHeader(new Uint8Array(await file.arrayBuffer()), name)
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new StudioError(
      'bad-input',
      `${name}: expected a whole ${header.format} file, found a damaged or incomplete one. Save it again, or choose another.`,
    )
  })
  try {
    // a camera's file may be turned by its orientation
    const same = bitmap.width === header.width && bitmap.height === header.height
    const turned = bitmap.width === header.height && bitmap.height === header.width
    refuse(
      !same && !turned,
      `${name}: expected ${sizeOf(header)} as its header says, found ${sizeOf(bitmap)}. The file is inconsistent: save it again.`,
    )
    return { name, width: bitmap.width, height: bitmap.height, grey: greyOfBitmap(bitmap) }
  } finally {
    bitmap.close()
  }
}

/** Format and size by the file's first bytes, within the limits. Throws `bad-input`. */
export function checkedHeader(data: Uint8Array, name: string): PictureHeader {
  const header = pictureHeader(data)
  if (!header)
    throw new StudioError(
      'bad-input',
      `${name}: expected ${formats}, found another kind of file. Convert it, or choose another.`,
    )
  const { width, height } = header
  refuse(
    width < 1 || height < 1,
    `${name}: expected a picture with pixels, found ${sizeOf(header)}. The file is damaged: choose another.`,
  )
  refuse(
    width * height > mostPixels,
    `${name}: expected at most ${count(mostPixels / 1e6)} million pixels, found ${sizeOf(header)}. Make it smaller, or choose another.`,
  )
  return header
}

const sizeOf = ({ width, height }: { width: number; height: number }) =>
  `${count(width)} x ${count(height)} pixels`

function refuse(when: boolean, message: string): void {
  if (when) throw new StudioError('bad-input', message)
}

// The browser makes very large pictures smaller, in steps of at most a half; area means do the rest
// exactly.
function greyOfBitmap(bitmap: ImageBitmap): Grey {
  const scale = Math.min(1, (2 * workSide) / Math.max(bitmap.width, bitmap.height))
  const [width, height] = [
    Math.max(1, Math.round(bitmap.width * scale)),
    Math.max(1, Math.round(bitmap.height * scale)),
  ]
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })
  if (!context)
    throw new StudioError(
      'bad-input',
      'Expected a 2D canvas, found none in this browser. Reload the page, or use another browser.',
    )
  context.imageSmoothingQuality = 'high'
  context.drawImage(bitmap, 0, 0, width, height)
  const grey = greyOf(context.getImageData(0, 0, width, height).data, width, height)
  const half = Math.min(1, workSide / Math.max(width, height))
  return half < 1
    ? resized(grey, Math.max(1, Math.round(width * half)), Math.max(1, Math.round(height * half)))
    : grey
}
