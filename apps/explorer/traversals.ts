// One row for each latent dimension: a slider for the point's coordinate, and what the decoder
// makes of it from -limit to limit with all others as they are. Of many dimensions only the rows in
// sight are drawn.
import { element } from './dom.ts'
import { signed } from './decoded.ts'
import { imageOf, paint } from './picture.ts'
import type { Position } from './state.ts'

const steps = 7

export function createTraversals(position: Position): HTMLElement {
  const { latentSize } = position.model.data
  const rows = Array.from({ length: latentSize }, (_, dimension) => createRow(position, dimension))
  const seen = new Set<Row>()
  const stale = new Set<Row>(rows)
  let drawing = false
  // a few milliseconds at a time: 128 rows of 7 images take seconds with a large decoder
  const work = () => {
    const until = performance.now() + 8
    for (const row of stale) {
      if (performance.now() > until) break
      if (!seen.has(row)) continue
      stale.delete(row)
      row.draw()
    }
    drawing = [...stale].some((row) => seen.has(row))
    if (drawing) setTimeout(work)
  }
  const wake = () => {
    if (drawing) return
    drawing = true
    setTimeout(work)
  }
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const row = rows.find(({ line }) => line === target)!
      if (isIntersecting) seen.add(row)
      else seen.delete(row)
    }
    wake()
  })
  for (const { line } of rows) observer.observe(line)
  position.onChange((changes) => {
    if (!changes.has('point')) return
    for (const row of rows) {
      row.follow()
      stale.add(row)
    }
    wake()
  })
  const list = element(
    'ol',
    { class: 'rows', tabindex: 0, 'aria-label': 'Latent dimensions' },
    ...rows.map(({ line }) => line),
  )
  return element(
    'section',
    { class: 'panel traversals', 'aria-label': 'Traversals' },
    element('h2', {}, 'Traversals'),
    list,
  )
}

interface Row {
  line: HTMLElement
  follow(): void
  draw(): void
}

function createRow(position: Position, dimension: number): Row {
  const { data, decode } = position.model
  const { width, height } = data.image
  const { limit } = position
  const strip = element('canvas', {
    width: steps * width,
    height,
    class: 'strip',
    role: 'img',
    'aria-label': `Images along z${dimension + 1}`,
  })
  const slider = element('input', {
    type: 'range',
    min: -limit,
    max: limit,
    step: 0.02,
    value: 0,
    'aria-label': `z${dimension + 1}`,
  })
  const value = element('output', { class: 'figures' })
  const place = (step: number) => limit * ((2 * step) / (steps - 1) - 1)
  slider.addEventListener('input', () => position.set(dimension, Number(slider.value)))
  strip.addEventListener('click', (event) => {
    const box = strip.getBoundingClientRect()
    position.set(
      dimension,
      place(Math.min(steps - 1, Math.floor(((event.clientX - box.left) / box.width) * steps))),
    )
  })
  const follow = () => {
    slider.value = String(position.z[dimension]!)
    value.textContent = signed(position.z[dimension]!)
  }
  follow()
  return {
    line: element(
      'li',
      {},
      element('span', { class: 'dimension figures' }, `z${dimension + 1}`),
      element('div', {}, strip, slider),
      value,
    ),
    follow,
    draw() {
      const z = position.z.slice()
      for (let step = 0; step < steps; step++) {
        z[dimension] = place(step)
        paint(strip, imageOf(data, decode(z)), step * width)
      }
    },
  }
}
