// "mod+k" or "g r" as what stands on the caps of the keys, in the words of the system it runs on.
const mac = navigator.platform.startsWith('Mac')
const names: Record<string, string> = {
  mod: mac ? '⌘' : 'Ctrl',
  shift: '⇧',
  alt: mac ? '⌥' : 'Alt',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
  Delete: 'Del',
}

export function capsOf(keys: string): string[] {
  return keys.split(' ').flatMap((press) =>
    // a plus at the end is a key itself
    press
      .split(/\+(?=.)/)
      .map(
        (key) =>
          names[key] ?? (key.length === 1 && press.includes('mod') ? key.toUpperCase() : key),
      ),
  )
}
