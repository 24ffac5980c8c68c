// From A to B in eleven images and a slider: straight, or along the arc. Playing moves the cursor
// back and forth.
import { button, element } from './dom.ts'
import { imageOf, paint } from './picture.ts'
import { between, type Position, type Way } from './state.ts'

const steps = 11
const seconds = 4 // for one way

export function createInterpolation(position: Position): HTMLElement {
  const { data, decode } = position.model
  const { width, height } = data.image
  const strip = element('canvas', {
    class: 'strip',
    width: steps * width,
    height,
    role: 'img',
    'aria-label': `${steps} images between A and B`,
  })
  const slider = element('input', {
    type: 'range',
    min: 0,
    max: 1,
    step: 0.005,
    value: 0,
    'aria-label': 'Position between A and B',
  })
  const way = element(
    'select',
    { 'aria-label': 'Path' },
    element('option', { value: 'linear' }, 'straight'),
    element('option', { value: 'spherical' }, 'along the arc'),
  )
  const at = (t: number) => between(position.a, position.b, t, position.way)
  const draw = () => {
    for (let step = 0; step < steps; step++)
      paint(strip, imageOf(data, decode(at(step / (steps - 1)))), step * width)
  }
  const go = () => position.move(at(Number(slider.value)))
  slider.addEventListener('input', go)
  way.addEventListener('change', () => {
    position.way = way.value as Way
    position.tell('ends')
  })
  strip.addEventListener('click', (event) => {
    const box = strip.getBoundingClientRect()
    const step = Math.min(steps - 1, Math.floor(((event.clientX - box.left) / box.width) * steps))
    slider.value = String(step / (steps - 1))
    go()
  })
  position.onChange((changes) => changes.has('ends') && draw())
  draw()
  const head = element('div', { class: 'head' }, element('h2', {}, 'Interpolation'), way)
  return element(
    'section',
    { class: 'panel interpolation', 'aria-label': 'Interpolation' },
    head,
    strip,
    element(
      'div',
      { class: 'ends' },
      element('span', {}, 'A'),
      slider,
      element('span', {}, 'B'),
      player(slider, go),
    ),
  )
}

function player(slider: HTMLInputElement, go: () => void): HTMLButtonElement {
  let [playing, started] = [false, 0]
  const frame = (now: number) => {
    if (!playing) return
    const t = ((now - started) / 1000 / seconds) % 2
    slider.value = String(t < 1 ? t : 2 - t)
    go()
    requestAnimationFrame(frame)
  }
  const control = button('Play', 'Play from A to B and back', () => {
    playing = !playing
    control.textContent = playing ? 'Pause' : 'Play'
    control.setAttribute('aria-pressed', String(playing))
    started = performance.now() - Number(slider.value) * seconds * 1000
    if (playing) requestAnimationFrame(frame)
  })
  control.setAttribute('aria-pressed', 'false')
  return control
}
