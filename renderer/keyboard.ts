// Turns key presses into commands: single keys, two in a row ("g r"), and cmd/ctrl combinations.
// Text fields keep their keys, and a focused button or link keeps the keys that press it.
import { pressed } from './press.ts'
import { commands, type Command } from './state/commands.svelte.ts'

const sequenceTime = 1200 // milliseconds for the second key of two

/** Whether the element under the focus needs this key itself. */
export function keepsKey(target: EventTarget | null, press: string): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (press.startsWith('mod+k') || press === 'mod+s') return false
  if (
    target.isContentEditable ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  )
    return true
  if (target instanceof HTMLInputElement)
    return (
      !['checkbox', 'radio', 'button', 'range'].includes(target.type) ||
      press === 'Space' ||
      press.includes('Arrow')
    )
  if (press === 'Enter')
    return target.closest('a, button, summary, [role="menuitem"], [role="option"]') !== null
  return (
    press === 'Space' &&
    target.closest('button, summary, [role="menuitem"], [role="option"]') !== null
  )
}

/** Listens on the window; returns how to stop. */
export function listenToKeys(): () => void {
  let first = ''
  let firstAt = 0
  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing) return
    const press = pressed(event)
    if (keepsKey(event.target, press)) return
    const both = first !== '' && event.timeStamp - firstAt < sequenceTime ? `${first} ${press}` : ''
    const command = (both && find(both)) || find(press)
    first = !command && press.length === 1 ? press : ''
    firstAt = event.timeStamp
    if (!command) return
    event.preventDefault()
    command.run()
  }
  addEventListener('keydown', onKey)
  return () => removeEventListener('keydown', onKey)
}

function find(keys: string): Command | undefined {
  return commands.all.find(
    (command) => command.keys?.includes(keys) && (command.enabled?.() ?? true),
  )
}
