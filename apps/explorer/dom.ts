// Elements made by code: their text is set as text, so that nothing in a model's name is ever
// markup.

type Attributes = Record<string, string | number | boolean>

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false) continue
    made.setAttribute(key, value === true ? '' : String(value))
  }
  made.append(...children)
  return made
}

export function button(text: string, title: string, action: () => void): HTMLButtonElement {
  const made = element('button', { type: 'button', title }, text)
  made.addEventListener('click', action)
  return made
}

/** A canvas as large as its place, in device pixels; draws anew whenever that changes. */
export function fitted(
  canvas: HTMLCanvasElement,
  draw: (width: number, height: number, scale: number) => void,
): () => void {
  const redraw = () => {
    const scale = devicePixelRatio || 1
    const { width, height } = canvas.getBoundingClientRect()
    if (width === 0) return
    const [wide, high] = [Math.round(width * scale), Math.round(height * scale)]
    if (canvas.width !== wide || canvas.height !== high)
      [canvas.width, canvas.height] = [wide, high]
    draw(width, height, scale)
  }
  new ResizeObserver(redraw).observe(canvas)
  return redraw
}

/** A colour of the style sheet. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
}
