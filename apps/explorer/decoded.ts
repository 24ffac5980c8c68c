// The image at the cursor, large, with where it is; beside it the picture whose code it is, when it
// is one.
import { button, element } from './dom.ts'
import { imageOf, paint, pictureCanvas } from './picture.ts'
import type { Position } from './state.ts'

export function createDecoded(position: Position): HTMLElement {
  const { data, decode, pictures, pixels } = position.model
  const large = pictureCanvas(data, 'Decoded image')
  const original = pictureCanvas(data, 'Encoded image')
  const caption = element('figcaption', {}, '')
  const originalFigure = element('figure', { class: 'original', hidden: true }, original, caption)
  const where = element('p', { class: 'where figures' })
  const live = element('p', { class: 'visually-hidden', 'aria-live': 'polite' })
  let speak: ReturnType<typeof setTimeout> | undefined
  const show = () => {
    paint(large, imageOf(data, decode(position.z)))
    const text = Array.from(
      position.z.subarray(0, 8),
      (value, axis) => `z${axis + 1} ${signed(value)}`,
    ).join('  ')
    where.textContent = data.latentSize > 8 ? `${text}  …` : text
    const { origin } = position
    originalFigure.hidden = origin === null
    if (origin) {
      const drawn = 'drawn' in origin
      caption.textContent = drawn ? 'your drawing' : 'test image'
      const bytes = drawn
        ? origin.drawn
        : pictures.subarray(origin.picture * pixels, (origin.picture + 1) * pixels)
      paint(original, imageOf(data, bytes, 1))
    }
    clearTimeout(speak)
    speak = setTimeout(() => (live.textContent = `Decoded at ${where.textContent}`), 600)
  }
  position.onChange((changes) => changes.has('point') && show())
  show()
  const buttons = element(
    'div',
    { class: 'buttons' },
    button('Set A', 'Start the interpolation here (a)', () => position.setEnd('a')),
    button('Set B', 'End the interpolation here (b)', () => position.setEnd('b')),
    button('Sample', 'Sample a point from the prior, a standard normal', () =>
      position.move(normals(data.latentSize)),
    ),
    button('Go to 0', 'Move the cursor to the origin, the mean of the prior', () =>
      position.move(new Float64Array(data.latentSize)),
    ),
  )
  const figures = element(
    'div',
    { class: 'figures-row' },
    element('figure', {}, large),
    originalFigure,
  )
  return element(
    'section',
    { class: 'panel decoded', 'aria-label': 'Decoded image' },
    element('h2', {}, 'Decoded image'),
    figures,
    where,
    buttons,
    live,
  )
}

export function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`
}

// Box and Muller 1958, in pairs.
function normals(count: number): Float64Array {
  return Float64Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random()),
  )
}
