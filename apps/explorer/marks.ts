// What stands on the plane: the pictures' codes, the way from A to B, the cursor.
import { colour } from './dom.ts'
import { between, type Position } from './state.ts'

type Point = [x: number, y: number]
export type Place = (z: ArrayLike<number>) => Point
/** Keeps a mark of that radius whole. */
export type Hold = (point: Point, radius: number) => Point

const pieces = 64 // of the way from A to B

/** A code outside the plane is a ring at its edge. */
export function drawPoints(
  context: CanvasRenderingContext2D,
  position: Position,
  place: Place,
  hold: Hold,
): void {
  const { labels } = position.model.data.pictures
  for (const [picture, label] of labels.entries()) {
    const radius = position.picture === picture ? 6 : 4
    const [x, y] = hold(place(position.code(picture)), radius + 1)
    context.beginPath()
    context.arc(x, y, radius, 0, 2 * Math.PI)
    const fill = colour(`series-${label % 10}`)
    const ring = position.isOutside(picture)
    context.fillStyle = ring ? '#fff' : fill
    context.fill()
    context.strokeStyle = ring ? fill : '#fff'
    context.lineWidth = ring ? 2 : 1.25
    context.stroke()
  }
}

export function drawEnds(
  context: CanvasRenderingContext2D,
  position: Position,
  place: Place,
  hold: Hold,
): void {
  const { a, b, way } = position
  const walked = Array.from({ length: pieces + 1 }, (_, piece) =>
    place(between(a, b, piece / pieces, way)),
  )
  // dark under light: seen on black, on white and on grey
  for (const [style, width] of [
    ['#000a', 4],
    ['#fff', 1.75],
  ] as const) {
    context.beginPath()
    for (const point of walked) context.lineTo(...point)
    context.strokeStyle = style
    context.lineWidth = width
    context.lineJoin = 'round'
    context.stroke()
  }
  context.font = `600 12px ${getComputedStyle(document.body).fontFamily}`
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  for (const [letter, [x, y]] of [
    ['A', hold(place(a), 10)],
    ['B', hold(place(b), 10)],
  ] as const) {
    context.beginPath()
    context.arc(x, y, 9, 0, 2 * Math.PI)
    context.fillStyle = '#fff'
    context.fill()
    context.strokeStyle = '#000'
    context.lineWidth = 1
    context.stroke()
    context.fillStyle = '#111'
    context.fillText(letter, x, y + 0.5)
  }
}

export function drawCursor(context: CanvasRenderingContext2D, [x, y]: Point): void {
  for (const [style, width] of [
    ['#000', 5.5],
    ['#fff', 4],
    [colour('accent'), 2],
  ] as const) {
    context.beginPath()
    context.arc(x, y, 11, 0, 2 * Math.PI)
    context.strokeStyle = style
    context.lineWidth = width
    context.stroke()
  }
}
