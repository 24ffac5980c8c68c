// Images to begin from: choosing a test image puts the cursor on its code, and so does a drawing
// where the page has the encoder.
import { button, element } from './dom.ts'
import { createPad } from './pad.ts'
import { imageOf, paint, pictureCanvas } from './picture.ts'
import type { Position } from './state.ts'

export function createPictures(position: Position): HTMLElement | null {
  const { encode } = position.model
  const pages: [text: string, about: string, content: HTMLElement][] = []
  if (position.model.codes.length > 0) {
    const { shelf, count } = createShelf(position)
    pages.push(['Test images', `Choose one of ${count} images, then press Set A or Set B.`, shelf])
  }
  if (encode)
    pages.push([
      'Draw',
      'The cursor moves to the code of what you draw.',
      createPad(position, encode),
    ])
  if (pages.length === 0) return null
  const text = element('p', { class: 'muted' })
  const choices = pages.map(([name, about], chosen) =>
    button(name, about, () => {
      text.textContent = about
      for (const [at, [, , content]] of pages.entries()) {
        content.hidden = at !== chosen
        choices[at]!.setAttribute('aria-pressed', String(at === chosen))
      }
    }),
  )
  choices[0]!.click()
  return element(
    'section',
    { class: 'panel pictures', 'aria-label': 'Images' },
    element(
      'div',
      { class: 'head' },
      element('h2', {}, 'Images'),
      ...(pages.length > 1 ? choices : []),
    ),
    text,
    ...pages.map(([, , content]) => content),
  )
}

function createShelf(position: Position): { shelf: HTMLElement; count: number } {
  const { data, pictures, pixels } = position.model
  const buttons = data.pictures.labels.map((label, picture) => {
    const name = data.pictures.classes[label] ?? String(label)
    const canvas = pictureCanvas(data, `Test image, class ${name}`)
    paint(canvas, imageOf(data, pictures.subarray(picture * pixels, (picture + 1) * pixels), 1))
    const choose = element(
      'button',
      {
        type: 'button',
        title: `Class ${name}: move the cursor to its code`,
        'aria-pressed': 'false',
      },
      canvas,
    )
    choose.addEventListener('click', () => position.move(position.code(picture), { picture }))
    return choose
  })
  position.onChange(() => {
    for (const [picture, choose] of buttons.entries())
      choose.setAttribute('aria-pressed', String(position.picture === picture))
  })
  return {
    shelf: element(
      'div',
      { class: 'shelf', role: 'group', 'aria-label': 'Test images' },
      ...buttons,
    ),
    count: buttons.length,
  }
}
