// How a key press is written: the one spelling for commands, the list of keys and the listener.

/** "mod+k", "shift+ArrowLeft", "?", "Space": how a press is written in a command's keys. */
export function pressed(
  event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>,
): string {
  const name = event.key === ' ' ? 'Space' : event.key
  const parts: string[] = []
  if (event.ctrlKey || event.metaKey) parts.push('mod')
  if (event.altKey) parts.push('alt')
  // a printed sign already says whether shift was down ("?", "A"); named keys do not
  if (event.shiftKey && (name.length > 1 || parts.includes('mod'))) parts.push('shift')
  parts.push(parts.length > 0 && name.length === 1 ? name.toLowerCase() : name)
  return parts.join('+')
}
