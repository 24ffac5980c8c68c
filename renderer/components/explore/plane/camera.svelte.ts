// Which part of the plane is shown, on the plane's scale: moved and zoomed by hand, kept in the
// address (`view=across,down,span`), and back home on request.
import { AddressValue } from '../../../state/addressValue.svelte.ts'
import type { Scale, Stretch } from '../../../draw/planeScale.ts'
import type { Points, Window } from '../../../draw/points.ts'

/** A square of the plane: its centre and its side. */
export interface Square {
  across: number
  down: number
  span: number
}

const rest = 160 // milliseconds without a movement until what is shown is drawn anew in full
// the cursor stands on thousandths, so a closer look would show its steps
const limits = { even: { least: 0.3, most: 400 }, quantile: { least: 0.02, most: 1 } }
const margin = 1.08 // room around what is fitted
const digits = 5

export class Camera {
  readonly #home: () => Square
  readonly #scale: () => Scale
  readonly #text = new AddressValue('view')
  /** True while it moves and for a moment after. */
  moving = $state(false)
  #timer: ReturnType<typeof setTimeout> | undefined

  /** Make it while a component starts. home: what is shown when nothing was chosen. */
  constructor(scale: () => Scale, home: () => Square) {
    this.#scale = scale
    this.#home = home
    $effect(() => () => clearTimeout(this.#timer))
  }

  readonly #across = $derived.by(() => this.#square.across)
  readonly #down = $derived.by(() => this.#square.down)
  readonly #span = $derived.by(() => this.#square.span)
  readonly #square = $derived.by((): Square => {
    const [across, down, span] = (this.#text.text ?? '').split(',').map(Number)
    const given =
      [across, down, span].every((value) => value !== undefined && Number.isFinite(value)) &&
      span! > 0
    return given && this.#text.text !== null
      ? held({ across: across!, down: down!, span: span! }, this.#scale())
      : this.#home()
  })
  // numbers in between: what asks by the window asks again only when it has changed
  readonly window = $derived.by((): Window => {
    const [across, down, half] = [this.#across, this.#down, this.#span / 2]
    return { across: [across - half, across + half], down: [down - half, down + half] }
  })

  get atHome(): boolean {
    return this.#text.text === null
  }

  /** How much closer than the whole plane. */
  get zoom(): number {
    return this.#home().span / this.#span
  }

  /** Moves what is shown by shares of its side. */
  pan(across: number, down: number): void {
    const square = this.#square
    this.#go({
      ...square,
      across: square.across - across * square.span,
      down: square.down - down * square.span,
    })
  }

  /** factor above 1: closer. The place at these shares of the square stays where it is. */
  zoomBy(factor: number, across = 0.5, down = 0.5): void {
    const before = this.#square
    const { least, most } = limits[this.#scale()]
    const span = Math.max(least, Math.min(most, before.span / factor))
    const shift = before.span - span
    this.#go({
      span,
      across: before.across + (across - 0.5) * shift,
      down: before.down + (down - 0.5) * shift,
    })
  }

  reset(): void {
    this.#move()
    this.#text.set(null)
  }

  /** Shows all of the points; those that are no numbers are left out. */
  fit(points: Points | null): void {
    const square = points && squareAround(points)
    if (square) this.#go(square)
    else this.reset()
  }

  #go(square: Square): void {
    const { across, down, span } = held(square, this.#scale())
    this.#move()
    this.#text.set(
      [across, down, span].map((value) => String(Number(value.toFixed(digits)))).join(','),
    )
  }

  #move(): void {
    this.moving = true
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => (this.moving = false), rest)
  }
}

// On the quantile scale nothing lies outside 0 to 1.
function held(square: Square, scale: Scale): Square {
  const { least, most } = limits[scale]
  const span = Math.max(least, Math.min(most, square.span))
  if (scale === 'even') return { ...square, span }
  const inside = (value: number) => Math.max(span / 2, Math.min(1 - span / 2, value))
  return { span, across: inside(square.across), down: inside(square.down) }
}

/** The smallest square around all points, with a margin; null when there is none. */
export function squareAround({ positions }: Points): Square | null {
  const [across, down] = [extent(positions, 0), extent(positions, 1)]
  if (!across || !down) return null
  const span = margin * Math.max(across[1] - across[0], down[1] - down[0], 1e-6)
  return { across: (across[0] + across[1]) / 2, down: (down[0] + down[1]) / 2, span }
}

function extent(positions: Float32Array, axis: 0 | 1): Stretch | null {
  let [low, high] = [Infinity, -Infinity]
  for (let i = axis; i < positions.length; i += 2) {
    const value = positions[i]!
    if (value < low) low = value
    if (value > high) high = value
  }
  return low <= high ? [low, high] : null
}
