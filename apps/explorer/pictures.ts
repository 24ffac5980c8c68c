// Test images to begin from: choosing one puts the cursor on its code. With the encoder in the page, an image may be drawn
// too.
import { element } from './dom.ts'
import { imageOf, paint, pictureCanvas } from './picture.ts'
import type { Position } from './state.ts'

export function createPictures(position: Position): HTMLElement | null {
  const { data, pictures, pixels, codes } = position.model
  if (codes.length === 0) return null
  const buttons = data.pictures.labels.map((label, picture) => {
    const name = data.pictures.classes[label] ?? String(label)
    const canvas = pictureCanvas(data, `Test image, class ${name}`)
    paint(canvas, imageOf(data, pictures.subarray(picture * pixels, (picture + 1) * pixels), 1))
    const choose = element('button', { type: 'button', title: `Class ${name}: go to its code`, 'aria-pressed': 'false' }, canvas)
    choose.addEventListener('click', () => position.move(position.code(picture), picture))
    return choose
  })
  position.onChange(() => {
    for (const [picture, choose] of buttons.entries()) choose.setAttribute('aria-pressed', String(position.picture === picture))
  })
  const text = element('p', { class: 'muted' }, `${buttons.length} test images. Choose one, then Set A or Set B.`)
  return element(
    'section',
    { class: 'panel pictures', 'aria-label': 'Test images' },
    element('div', { class: 'head' }, element('h2', {}, 'Test images'), text),
    element('div', { class: 'shelf', role: 'group', 'aria-label': 'Test images' }, ...buttons),
  )
}
