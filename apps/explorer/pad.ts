// A pad to draw on with pointer, touch or pen, or by keyboard: arrows move the pen, Space puts it
// down and lifts it. What is drawn becomes a picture as it does in the program, and its code is
// where the cursor goes.
import { bytesOfGrey } from '../../renderer/draw/grey.ts'
import {
  drawStrokes,
  pictureOfStrokes,
  usualWidth,
  widthAt,
  type Stroke,
  type StrokePoint,
} from '../../renderer/draw/strokes.ts'
import { button, element, fitted } from './dom.ts'
import type { Network } from '../../main/exporters/network.ts'
import type { Position } from './state.ts'

const how =
  'Drawing pad. Draw with a mouse, finger or pen. Keyboard: arrow keys move the pen (in small steps with Shift), Space lowers or lifts it, Backspace undoes a stroke.'

export function createPad(position: Position, encode: Network): HTMLElement {
  const { image, latentSize } = position.model.data
  const canvas = element('canvas', {
    tabindex: 0,
    role: 'application',
    'aria-label': how,
    class: 'pad',
  })
  const pen = { x: 0.5, y: 0.5, down: false }
  let strokes: Stroke[] = []
  let asked = false
  const redraw = fitted(canvas, (_width, _height, scale) => drawPad(canvas, strokes, pen, scale))
  // once a frame, however many points came
  const changed = () => {
    redraw()
    if (asked) return
    asked = true
    requestAnimationFrame(() => {
      asked = false
      const grey = pictureOfStrokes(strokes, image.width, image.height)
      if (!grey) return
      const bytes = bytesOfGrey(grey, image.channels)
      const codes = encode(Float32Array.from(bytes, (value) => value / 255))
      position.move(codes.subarray(0, latentSize), { drawn: bytes })
    })
  }
  const begin = (point: StrokePoint) => {
    strokes = [...strokes, [point]]
    changed()
  }
  const extend = (points: Stroke) => {
    strokes = [...strokes.slice(0, -1), [...(strokes.at(-1) ?? []), ...points]]
    changed()
  }
  const remove = (from: number) => {
    pen.down = false
    strokes = strokes.slice(0, from)
    changed()
  }
  takePointer(canvas, pen, begin, extend)
  takeKeys(canvas, pen, { begin, extend, undo: () => remove(-1), moved: redraw })
  for (const event of ['focus', 'blur']) canvas.addEventListener(event, redraw)
  return element(
    'div',
    { class: 'drawing' },
    canvas,
    element(
      'div',
      { class: 'buttons' },
      button('Undo', 'Undo the last stroke', () => remove(-1)),
      button('Clear', 'Remove all strokes', () => remove(0)),
    ),
  )
}

interface Pen {
  x: number
  y: number
  down: boolean
}

function drawPad(canvas: HTMLCanvasElement, strokes: Stroke[], pen: Pen, scale: number): void {
  const context = canvas.getContext('2d')!
  const side = canvas.width
  context.fillStyle = '#000'
  context.fillRect(0, 0, side, canvas.height)
  drawStrokes(context, strokes, side)
  if (!canvas.matches(':focus-visible')) return
  context.beginPath()
  context.arc(pen.x * side, pen.y * side, 6 * scale, 0, 2 * Math.PI)
  context.strokeStyle = pen.down ? '#f80' : '#fff'
  context.lineWidth = 2 * scale
  context.stroke()
}

function takePointer(
  canvas: HTMLCanvasElement,
  pen: Pen,
  begin: (point: StrokePoint) => void,
  extend: (points: Stroke) => void,
): void {
  const pointOf = (event: PointerEvent): StrokePoint => {
    const box = canvas.getBoundingClientRect()
    const width = event.pointerType === 'pen' ? widthAt(event.pressure) : usualWidth
    return {
      x: (event.clientX - box.left) / box.width,
      y: (event.clientY - box.top) / box.height,
      width,
    }
  }
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return
    canvas.setPointerCapture(event.pointerId)
    pen.down = false
    begin(pointOf(event))
  })
  canvas.addEventListener('pointermove', (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return
    const all = event.getCoalescedEvents()
    extend((all.length > 0 ? all : [event]).map(pointOf))
  })
}

function takeKeys(
  canvas: HTMLCanvasElement,
  pen: Pen,
  act: {
    begin: (point: StrokePoint) => void
    extend: (points: Stroke) => void
    undo: () => void
    moved: () => void
  },
): void {
  const held = (value: number) => Math.max(0.03, Math.min(0.97, value))
  canvas.addEventListener('keydown', (event) => {
    const by = event.shiftKey ? 0.01 : 0.04
    const [x, y] =
      { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, -by], ArrowDown: [0, by] }[
        event.key
      ] ?? []
    if (x !== undefined && y !== undefined) {
      ;[pen.x, pen.y] = [held(pen.x + x), held(pen.y + y)]
      if (pen.down) act.extend([{ x: pen.x, y: pen.y, width: usualWidth }])
      else act.moved()
    } else if (event.key === ' ') {
      pen.down = !pen.down
      if (pen.down) act.begin({ x: pen.x, y: pen.y, width: usualWidth })
      else act.moved()
    } else if (event.key === 'Backspace') act.undo()
    else return
    event.preventDefault()
  })
}
