// The flags that say how large a picture gets.
import { StudioError } from '../../preload/contract/errors.ts'
import { magnified, scaledTo } from '../../main/files/scaling.ts'
import type { Picture } from '../../main/files/png.ts'
import { wholeNumber, type Flag, type Flags } from './command.ts'

const largestWidth = 16_384
const mostPixels = 2 ** 28

export const sizeFlag: Flag = {
  name: 'size',
  value: 'PIXELS',
  help: 'Width of the picture in pixels, enlarged as blocks or reduced by averaging. (as decoded)',
}

/** Undefined: as it is. */
export function sizeGiven(flags: Flags): number | undefined {
  return flags.text('size') === undefined
    ? undefined
    : wholeNumber(flags, 'size', 0, 1, largestWidth)
}

export function atSize(picture: Picture, size: number | undefined): Picture {
  if (size === undefined) return picture
  refuseLarge('size', size, Math.round((size * picture.height) / picture.width))
  return scaledTo(picture, size)
}

/** Each pixel as factor x factor. */
export function atScale(picture: Picture, factor: number): Picture {
  refuseLarge('scale', picture.width * factor, picture.height * factor)
  return magnified(picture, factor)
}

// Refused before memory is taken for it.
function refuseLarge(flag: string, width: number, height: number): void {
  if (width * height > mostPixels)
    throw new StudioError(
      'bad-input',
      `--${flag}: expected at most ${mostPixels} pixels in total, found ${width} x ${height}. Choose a smaller size.`,
    )
}

export const scaleFlag = (fallback: number): Flag => ({
  name: 'scale',
  value: 'N',
  help: `Enlarge each pixel to N x N, 1 to 64. (${fallback})`,
})

export function scaleGiven(flags: Flags, fallback: number): number {
  return wholeNumber(flags, 'scale', fallback, 1, 64)
}
