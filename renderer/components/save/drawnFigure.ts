// The figure of a plane as pixels, in a worker: manifold and points are drawn here, since a page
// that draws 70,000 circles stands still for a second; axes, circles and words come as a picture of
// their SVG, which only a page can draw.
import { layoutPicture } from '../../draw/layout.ts'
import {
  classColour,
  figurePoints,
  figureSize,
  manifoldOpacity,
  paperStyle,
  pointOpacity,
} from '../../draw/planeFigure.ts'
import type { FigureWork } from './saveSource.ts'

/** overlay: as wide and high as the picture that is wanted. */
export function drawnFigure({ figure, ground }: FigureWork, overlay: ImageBitmap): Promise<Blob> {
  const { width, left, top } = figureSize(figure)
  const { size } = figure.view
  const canvas = new OffscreenCanvas(overlay.width, overlay.height)
  const context = canvas.getContext('2d', { alpha: false })!
  context.fillStyle = paperStyle.background
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.save()
  context.scale(overlay.width / width, overlay.width / width)
  context.translate(left, top)
  context.beginPath()
  context.rect(0, 0, size, size)
  context.clip()
  if (ground) {
    const {
      left: x,
      top: y,
      width: wide,
      height: high,
    } = figure.manifoldAt ?? { left: 0, top: 0, width: 1, height: 1 }
    const picture = layoutPicture([[ground]])
    const own = new OffscreenCanvas(picture.width, picture.height)
    own
      .getContext('2d', { alpha: false })!
      .putImageData(new ImageData(picture.rgba, picture.width, picture.height), 0, 0)
    context.globalAlpha = manifoldOpacity
    // blocks where it grows, means where it shrinks
    context.imageSmoothingEnabled = picture.width > (wide * size * overlay.width) / width
    context.imageSmoothingQuality = 'high'
    context.drawImage(own, x * size, y * size, wide * size, high * size)
  }
  drawPoints(context, figure)
  context.restore()
  context.globalAlpha = 1
  context.drawImage(overlay, 0, 0)
  return canvas.convertToBlob({ type: 'image/png' })
}

function drawPoints(
  context: OffscreenCanvasRenderingContext2D,
  figure: FigureWork['figure'],
): void {
  context.globalAlpha = pointOpacity
  const { radius, points } = figurePoints(figure)
  for (const { x, y, label } of points.toSorted((one, other) => one.label - other.label)) {
    context.fillStyle = classColour(paperStyle, label)
    context.beginPath()
    context.arc(x, y, radius, 0, 2 * Math.PI)
    context.fill()
  }
}
