// The explorer page: reads the model that the page carries and puts its parts together. Everything
// is computed here, in the page; nothing is loaded.
import { createDecoded } from './decoded.ts'
import { element } from './dom.ts'
import { createInterpolation } from './interpolation.ts'
import { readModel, type Model } from './pageModel.ts'
import { createPictures } from './pictures.ts'
import { createPlane } from './planeView.ts'
import { Position } from './state.ts'
import { createTraversals } from './traversals.ts'

declare global {
  interface Window {
    /** For programs that hold the page's numbers against others: float32 in, values out. */
    explorer?: Pick<Model, 'decode' | 'encode'> & { point(): number[] }
  }
}

function start(): void {
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const follow = () => (document.documentElement.dataset['theme'] = dark.matches ? 'dark' : 'light')
  dark.addEventListener('change', follow)
  follow()
  const model = readModel()
  const position = new Position(model)
  window.explorer = {
    decode: model.decode,
    encode: model.encode,
    point: () => Array.from(position.z),
  }
  const { data } = model
  const pictures = createPictures(position)
  document
    .getElementById('explorer')!
    .append(
      element('header', {}, element('h1', {}, data.name), element('p', {}, data.about)),
      element(
        'main',
        {},
        element('div', { class: 'first' }, createPlane(position)),
        element(
          'div',
          { class: 'second' },
          createDecoded(position),
          createInterpolation(position),
          ...(pictures ? [pictures] : []),
        ),
        element('div', { class: 'third' }, createTraversals(position), card(model)),
      ),
    )
}

function card({ data }: Model): HTMLElement {
  const sections = data.card.map(({ title, lines }) =>
    element(
      'section',
      {},
      element('h3', {}, title),
      element(
        'dl',
        {},
        ...lines.flatMap(([label, value]) => [
          element('dt', {}, label),
          element('dd', { class: 'figures' }, value),
        ]),
      ),
    ),
  )
  return element(
    'section',
    { class: 'panel card', tabindex: 0, 'aria-label': 'Model card' },
    element('h2', {}, 'Model card'),
    ...sections,
  )
}

start()
