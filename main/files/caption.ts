// A line of text in a picture, without a font: "step 1,234" in letters of 5 x 7 pixels.
import type { Picture } from './png.ts'

const [letterWidth, letterHeight, advance] = [5, 7, 6]

// Rows from the top, five bits each, the left pixel highest.
const letters: Record<string, readonly number[]> = {
  '0': [14, 17, 19, 21, 25, 17, 14],
  '1': [4, 12, 4, 4, 4, 4, 14],
  '2': [14, 17, 1, 2, 4, 8, 31],
  '3': [31, 2, 4, 2, 1, 17, 14],
  '4': [2, 6, 10, 18, 31, 2, 2],
  '5': [31, 16, 30, 1, 1, 17, 14],
  '6': [6, 8, 16, 30, 17, 17, 14],
  '7': [31, 1, 2, 4, 8, 8, 8],
  '8': [14, 17, 17, 14, 17, 17, 14],
  '9': [14, 17, 17, 15, 1, 2, 12],
  ',': [0, 0, 0, 0, 12, 4, 8],
  s: [0, 0, 15, 16, 14, 1, 30],
  t: [8, 8, 28, 8, 8, 9, 6],
  e: [0, 0, 14, 17, 31, 16, 14],
  p: [0, 0, 30, 17, 17, 30, 16],
}

/** A grey picture with a black band under it that holds the text in white. */
export function captioned(picture: Picture, text: string): Picture {
  const { width, height, pixels } = picture
  const room = Math.max(1, Math.floor((width - 2) / (text.length * advance)))
  const scale = Math.min(room, Math.max(1, Math.round(width / 240)))
  const band = captionHeight(width)
  const whole = new Uint8Array(width * (height + band))
  whole.set(pixels)
  const top = height + Math.floor((band - letterHeight * scale) / 2)
  for (const [place, sign] of [...text].entries()) {
    const left = 4 * scale + place * advance * scale
    for (let y = 0; y < letterHeight * scale; y++)
      for (let x = 0; x < letterWidth * scale && left + x < width; x++) {
        const row = letters[sign]?.[Math.floor(y / scale)] ?? 0
        if ((row >> (letterWidth - 1 - Math.floor(x / scale))) & 1)
          whole[(top + y) * width + left + x] = 255
      }
  }
  return { width, height: height + band, channels: 1, pixels: whole }
}

/** Pixels that a caption adds to the height of a picture. */
export function captionHeight(width: number): number {
  return Math.max(1, Math.round(width / 240)) * (letterHeight + 5)
}
