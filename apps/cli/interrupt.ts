// Ctrl-C, and being asked to end: the first one does what the command has prepared for it, a second one quits at once.
const handlers: (() => void)[] = []
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
let asked = false

/** What an interrupt does from now on, in place of what was said before; returns how to take it back. */
export function onInterrupt(handler: () => void): () => void {
  if (handlers.length === 0) for (const signal of signals) process.on(signal, interrupt)
  handlers.push(handler)
  return () => {
    handlers.splice(handlers.indexOf(handler), 1)
    if (handlers.length === 0) for (const signal of signals) process.off(signal, interrupt)
  }
}

function interrupt(): void {
  if (asked) process.exit(130)
  asked = true
  handlers.at(-1)?.()
}
