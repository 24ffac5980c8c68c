// Pictures on canvases: decoded values in [0, 1] or stored bytes, in true grey or colour, enlarged
// without smoothing.
import type { PageData } from '../../main/exporters/pageData.ts'

/** Values of one image, as RGBA. */
export function imageOf({ image }: PageData, values: ArrayLike<number>, scale = 255): ImageData {
  const { width, height, channels } = image
  const made = new ImageData(width, height)
  for (let at = 0; at < width * height; at++) {
    for (let channel = 0; channel < 3; channel++)
      made.data[4 * at + channel] = Math.round(
        values[at * channels + (channels === 3 ? channel : 0)]! * scale,
      )
    made.data[4 * at + 3] = 255
  }
  return made
}

/** A canvas of the image's own size, enlarged by the style sheet. */
export function pictureCanvas({ image }: PageData, label: string): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.width = image.width
  canvas.height = image.height
  canvas.setAttribute('role', 'img')
  canvas.setAttribute('aria-label', label)
  return canvas
}

export function paint(canvas: HTMLCanvasElement, image: ImageData, x = 0, y = 0): void {
  canvas.getContext('2d')!.putImageData(image, x, y)
}
