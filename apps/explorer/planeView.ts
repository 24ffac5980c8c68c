// The latent plane, its second dimension downwards as in the program: the manifold, the pictures'
// codes as points, the line of the interpolation, and the cursor, which follows the pointer and the
// arrow keys.
import { colour, element, fitted } from './dom.ts'
import { Manifold } from './manifoldView.ts'
import { drawCursor, drawEnds, drawPoints, type Hold, type Place } from './marks.ts'
import type { Position } from './state.ts'
import { withTicks } from './ticks.ts'

export function createPlane(position: Position): HTMLElement {
  const { data, codes } = position.model
  const canvas = element('canvas', {
    tabindex: 0,
    role: 'application',
    'aria-roledescription': 'latent plane',
    class: 'plane',
  })
  const shown = { tiles: true, points: codes.length > 0 }
  let redraw: () => void = () => undefined
  const manifold = new Manifold(position, () => redraw())
  redraw = fitted(canvas, (width, height, scale) => {
    const context = canvas.getContext('2d')!
    context.setTransform(scale, 0, 0, scale, 0, 0)
    context.clearRect(0, 0, width, height)
    if (shown.tiles) context.drawImage(manifold.canvas, 0, 0, width, height)
    const place = placing(position, width, height)
    if (!shown.tiles) drawAxes(context, width, height)
    const held = holding(width, height)
    if (shown.points) drawPoints(context, position, place, held)
    drawEnds(context, position, place, held)
    drawCursor(context, place(position.z))
  })
  position.onChange((changes) => {
    if (changes.has('point') || changes.has('axes')) {
      if (shown.tiles) manifold.refresh()
      describe(canvas, position)
    }
    redraw()
  })
  steer(canvas, position)
  describe(canvas, position)
  manifold.refresh()
  const toggles = element('div', { class: 'toggles' })
  const toggle = (key: 'tiles' | 'points', text: string) => {
    const input = element('input', { type: 'checkbox', checked: shown[key] })
    input.addEventListener('change', () => {
      shown[key] = input.checked
      if (shown.tiles) manifold.refresh()
      redraw()
    })
    toggles.append(element('label', {}, input, text))
  }
  toggle('tiles', 'Decoded images')
  if (codes.length > 0) toggle('points', 'Codes of test images')
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () =>
    requestAnimationFrame(redraw),
  )
  const head = element(
    'div',
    { class: 'head' },
    element('h2', {}, 'Latent plane'),
    ...axisChoices(position),
    toggles,
  )
  const frame = element('div', { class: data.latentSize === 1 ? 'frame flat' : 'frame' }, canvas)
  const parts: HTMLElement[] = [head, withTicks(frame, position)]
  if (codes.length > 0) parts.push(legend(position), outside(position))
  return element('section', { class: 'panel plane-panel', 'aria-label': 'Latent plane' }, ...parts)
}

function placing({ axes, limit, model }: Position, width: number, height: number): Place {
  const flat = model.data.latentSize === 1
  return (z) => [
    ((z[axes[0]]! / limit + 1) / 2) * width,
    flat ? height / 2 : ((z[axes[1]]! / limit + 1) / 2) * height,
  ]
}

/** What lies outside comes to the edge, `radius` inside it, so that no mark is cut. */
function holding(width: number, height: number): Hold {
  const within = (value: number, size: number, radius: number) =>
    Math.min(size - radius, Math.max(radius, value))
  return ([x, y], radius) => [within(x, width, radius), within(y, height, radius)]
}

function drawAxes(context: CanvasRenderingContext2D, width: number, height: number): void {
  context.strokeStyle = colour('line-strong')
  context.lineWidth = 1
  context.strokeRect(0.5, 0.5, width - 1, height - 1)
  context.beginPath()
  context.moveTo(width / 2, 0)
  context.lineTo(width / 2, height)
  context.moveTo(0, height / 2)
  context.lineTo(width, height / 2)
  context.globalAlpha = 0.4
  context.stroke()
  context.globalAlpha = 1
}

function steer(canvas: HTMLCanvasElement, position: Position): void {
  const flat = position.model.data.latentSize === 1
  const moveTo = (event: PointerEvent) => {
    const box = canvas.getBoundingClientRect()
    const part = (value: number) => Math.min(1, Math.max(0, value))
    const z = position.z.slice()
    if (!flat)
      z[position.axes[1]] = position.limit * (2 * part((event.clientY - box.top) / box.height) - 1)
    z[position.axes[0]] = position.limit * (2 * part((event.clientX - box.left) / box.width) - 1)
    position.move(z)
  }
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId)
    moveTo(event)
  })
  canvas.addEventListener('pointermove', (event) => {
    if (canvas.hasPointerCapture(event.pointerId)) moveTo(event)
  })
  canvas.addEventListener('keydown', (event) => {
    const step = event.shiftKey ? 0.02 : 0.15
    const moves: Record<string, [axis: 0 | 1, by: number]> = {
      ArrowLeft: [0, -step],
      ArrowRight: [0, step],
      ArrowUp: [1, -step],
      ArrowDown: [1, step],
    }
    const move = moves[event.key]
    if (event.key === 'a' || event.key === 'b') position.setEnd(event.key)
    if (!move || (flat && move[0] === 1)) return
    event.preventDefault()
    const dimension = position.axes[move[0]]
    position.set(
      dimension,
      Math.min(position.limit, Math.max(-position.limit, position.z[dimension]! + move[1])),
    )
  })
}

function describe(canvas: HTMLCanvasElement, { z, axes, model }: Position): void {
  const at = [...new Set(axes)].map((axis) => `z${axis + 1} ${z[axis]!.toFixed(2)}`).join(', ')
  canvas.setAttribute(
    'aria-label',
    `Latent plane of ${model.data.name}, cursor at ${at}. Arrow keys move the cursor (in small steps with Shift); a and b set the ends of the interpolation.`,
  )
}

function axisChoices(position: Position): HTMLElement[] {
  const { latentSize } = position.model.data
  if (latentSize <= 2) return []
  return ([0, 1] as const).map((side) => {
    const select = element('select', {
      'aria-label': side === 0 ? 'Horizontal dimension' : 'Vertical dimension',
    })
    for (let axis = 0; axis < latentSize; axis++)
      select.append(
        element('option', { value: axis, selected: position.axes[side] === axis }, `z${axis + 1}`),
      )
    select.addEventListener('change', () => {
      const chosen = Number(select.value)
      const other = position.axes[1 - side]!
      // the same dimension twice would be a line: the two change places
      position.axes =
        side === 0
          ? [chosen, chosen === other ? position.axes[0] : other]
          : [chosen === other ? position.axes[1] : other, chosen]
      position.tell('axes')
    })
    position.onChange(
      (changes) => changes.has('axes') && (select.value = String(position.axes[side])),
    )
    return element('label', { class: 'axis' }, side === 0 ? 'across' : 'down', select)
  })
}

function legend({ model }: Position): HTMLElement {
  const { classes, labels } = model.data.pictures
  const used = [...new Set(labels)]
  return element(
    'ul',
    { class: 'legend', 'aria-label': 'Classes' },
    ...used.map((label) =>
      element(
        'li',
        {},
        element('span', { class: `swatch series-${label % 10}` }),
        classes[label] ?? String(label),
      ),
    ),
  )
}

function outside(position: Position): HTMLElement {
  const note = element('p', { class: 'outside muted', role: 'status' })
  const show = () => {
    const all = position.model.data.pictures.labels.length
    const count = Array.from({ length: all }, (_, picture) => picture).filter((picture) =>
      position.isOutside(picture),
    ).length
    note.hidden = count === 0
    note.textContent = `${count} of ${all} images ${count === 1 ? 'is' : 'are'} outside the plane, shown as rings at the edge.`
  }
  position.onChange((changes) => changes.has('axes') && show())
  show()
  return note
}
