// Pointer input on the plane: a mouse that only passes hovers; the first button drags the cursor;
// the wheel, two fingers, the other buttons and shift move and zoom what is shown. Places are
// shares of the plane's side.

export interface Hands {
  /** The cursor goes to a place. event: its time stamp. */
  cursor: (across: number, down: number, event: number) => void
  /** The pointer passes without a button. */
  hover: (across: number, down: number, event: number) => void
  leave: () => void
  /** A press of the first button begins, before the cursor goes there, and ends. */
  press: (across: number, down: number) => void
  release: (dragged: boolean) => void
  /** What is shown moves by shares. */
  pan: (across: number, down: number) => void
  /** factor above 1: closer, around a place. */
  zoom: (factor: number, across: number, down: number) => void
  reset: () => void
  menu: (at: { x: number; y: number }) => void
}

const wheelStep = 0.0016 // of the zoom's logarithm for one pixel of the wheel
const lineHeight = 16 // pixels of a wheel that counts lines
const stillness = 4 // pixels that a pressed pointer may tremble

/** Listens on the plane; returns how to stop. */
export function listenToHands(plane: HTMLElement, hands: Hands): () => void {
  const held = new Map<number, { x: number; y: number; pans: boolean }>()
  let travelled = 0
  let pressed: { x: number; y: number; dragged: boolean } | null = null

  const shares = ({ clientX, clientY }: { clientX: number; clientY: number }): [number, number] => {
    const box = plane.getBoundingClientRect()
    const inside = (value: number) => Math.max(0, Math.min(1, value))
    return [inside((clientX - box.left) / box.width), inside((clientY - box.top) / box.height)]
  }
  const point = (event: PointerEvent | MouseEvent) =>
    hands.cursor(...shares(event), event.timeStamp)

  const down = (event: PointerEvent) => {
    if (event.button > 2) return
    // the wheel's button would scroll the page instead
    if (event.button === 1) event.preventDefault()
    plane.setPointerCapture(event.pointerId)
    const pans = event.button !== 0 || event.shiftKey || held.size > 0
    held.set(event.pointerId, { x: event.clientX, y: event.clientY, pans })
    travelled = 0
    if (!pans) {
      pressed = { x: event.clientX, y: event.clientY, dragged: false }
      hands.press(...shares(event))
      point(event)
    } else for (const each of held.values()) each.pans = true // a second finger: both move the plane
  }

  const move = (event: PointerEvent) => {
    const before = held.get(event.pointerId)
    if (!before) return hover(event)
    if (!before.pans) return drag(event)
    const { width, height } = plane.getBoundingClientRect()
    const [x, y] = [event.clientX - before.x, event.clientY - before.y]
    const other = [...held].find(([id]) => id !== event.pointerId)?.[1]
    if (other) {
      const distance = (from: { x: number; y: number }) =>
        Math.max(20, Math.hypot(from.x - other.x, from.y - other.y))
      const middle = {
        clientX: (event.clientX + other.x) / 2,
        clientY: (event.clientY + other.y) / 2,
      }
      hands.zoom(
        distance({ x: event.clientX, y: event.clientY }) / distance(before),
        ...shares(middle),
      )
    }
    // two fingers each move the plane by half of their way
    const part = other ? 0.5 : 1
    travelled += Math.hypot(x, y)
    if (x !== 0 || y !== 0) hands.pan((part * x) / width, (part * y) / height)
    held.set(event.pointerId, { x: event.clientX, y: event.clientY, pans: true })
  }

  const hover = (event: PointerEvent) => {
    if (held.size === 0 && event.pointerType !== 'touch')
      hands.hover(...shares(event), event.timeStamp)
  }
  const drag = (event: PointerEvent) => {
    if (pressed && Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) >= stillness)
      pressed.dragged = true
    point(event)
  }

  const up = (event: PointerEvent) => {
    const pans = held.get(event.pointerId)?.pans ?? true
    const still = held.delete(event.pointerId) && travelled < stillness
    if (!pans && pressed) hands.release(pressed.dragged)
    if (!pans) pressed = null
    if (event.type !== 'pointerup' || event.button !== 2 || !still) return
    // the menu is about the point that was pressed, so the cursor goes there first
    point(event)
    hands.release(true)
    hands.menu({ x: event.clientX, y: event.clientY })
  }

  // pointermove waits for the next frame of the screen; the raw event does not, and the decode can
  // start at once
  const raw = (event: Event) => {
    if (!(event instanceof PointerEvent)) return
    if (held.get(event.pointerId)?.pans === false) drag(event)
    else if (!held.has(event.pointerId)) hover(event)
  }

  const wheel = (event: WheelEvent) => {
    event.preventDefault()
    const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? lineHeight : 1)
    // pinching a touchpad comes as a wheel with ctrl, in small steps
    hands.zoom(Math.exp(-pixels * wheelStep * (event.ctrlKey ? 6 : 1)), ...shares(event))
  }

  // a right button may begin a drag, so its menu waits until it is let go; the keyboard's menu key
  // has no such doubt
  const menu = (event: MouseEvent) => {
    event.preventDefault()
    if (event.button === 2) return
    const box = plane.getBoundingClientRect()
    hands.menu({ x: box.left + box.width / 2, y: box.top + box.height / 2 })
  }

  const stop = new AbortController()
  const on = <K extends keyof HTMLElementEventMap>(
    kind: K,
    listener: (event: HTMLElementEventMap[K]) => void,
  ) =>
    plane.addEventListener(kind, listener as EventListener, { signal: stop.signal, passive: false })
  on('pointerdown', down)
  on('pointermove', move)
  on('pointerup', up)
  on('pointercancel', up)
  on('pointerleave', () => hands.leave())
  on('wheel', wheel)
  on('contextmenu', menu)
  on('dblclick', () => hands.reset())
  plane.addEventListener('pointerrawupdate', raw, { signal: stop.signal })
  return () => stop.abort()
}
