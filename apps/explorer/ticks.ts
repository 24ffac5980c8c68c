// Numbers beside the plane, as in the program: z of the horizontal dimension below, rising to the
// right; of the vertical one at the left, rising downwards.
import { element } from './dom.ts'
import type { Position } from './state.ts'

/** The plane between its ticks. */
export function withTicks(plane: HTMLElement, position: Position): HTMLElement {
  const { limit, model } = position
  const flat = model.data.latentSize === 1
  const part = (value: number) => `${((value / limit + 1) / 2) * 100}%`
  const ticks = (side: 'across' | 'down') => {
    const edge = side === 'across' ? 'left' : 'top'
    const numbers = wholeNumbers(limit).map((value) => {
      const number = element('span', {}, String(value).replace('-', '−'))
      number.style[edge] = part(value)
      return number
    })
    return element('div', { class: `ticks figures ${side}`, 'aria-hidden': 'true' }, ...numbers)
  }
  const name = element('div', { class: 'axis-names figures', 'aria-hidden': 'true' })
  const show = () => {
    const [across, down] = position.axes.map((axis) => `z${axis + 1}`)
    name.replaceChildren(
      ...(flat ? [] : [element('span', {}, `${down} ↓`)]),
      element('span', {}, `${across} →`),
    )
  }
  position.onChange((changes) => changes.has('axes') && show())
  show()
  const sides = flat ? [plane, ticks('across')] : [ticks('down'), plane, ticks('across')]
  return element('div', { class: flat ? 'ticked flat' : 'ticked' }, ...sides, name)
}

/** Those from -limit to limit, every second where the plane is wide. */
function wholeNumbers(limit: number): number[] {
  const step = limit > 3.5 ? 2 : 1
  const half = Math.floor(limit / step)
  return Array.from({ length: 2 * half + 1 }, (_, at) => (at - half) * step)
}
