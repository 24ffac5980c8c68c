// Being asked to end, in one place for every command, `serve` and `npm start`: Ctrl-C and SIGTERM,
// a terminal that closes, a launcher that was killed, a reader of our output that goes away. What
// the program is doing (a phase) says what the first request does; two Ctrl-C in the same phase
// quit at once.

/**
 * `signal`: SIGINT or SIGTERM. `hangup`: terminal or launcher are gone. `output`: see streams.ts.
 */
export type Request = 'signal' | 'hangup' | 'output'

interface Phase {
  begin(request: Request): unknown
  begun: boolean
  presses: number
}

const phases: Phase[] = []
let listening = false
let hungUp = false
let pressedAt = -Infinity

/**
 * npm, npx and `timeout` pass a Ctrl-C or SIGTERM on that the whole group has got from the
 * terminal, so one key press arrives twice, some milliseconds apart, and nothing in a signal tells
 * copies apart. Nobody reads "again quits at once" and answers within this time. (Our own launcher
 * delivers exactly once.)
 */
const copiesWithin = 500 // milliseconds

/**
 * What a request to end does from now on, in place of what was said before; returns how to take it
 * back. A handler that returns false leaves the request unanswered. Each phase counts its own key
 * presses.
 */
export function onInterrupt(begin: (request: Request) => unknown): () => void {
  listenForRequests()
  const phase: Phase = { begin, begun: false, presses: 0 }
  phases.push(phase)
  return () => {
    const at = phases.indexOf(phase)
    if (at >= 0) phases.splice(at, 1)
  }
}

/** From now on a signal with nothing to stop ends the program with 128 and its number. */
export function listenForRequests(): void {
  if (listening) return
  listening = true
  process.on('SIGINT', () => press(130))
  process.on('SIGTERM', () => press(143))
  // nohup's wish, see launch.mjs
  if (process.env['LATENT_STUDIO_NOHUP'] !== '1') process.on('SIGHUP', () => hangUp())
  // launch.mjs says so when it was killed
  ;(process as NodeJS.EventEmitter).on('launcher-gone', () => hangUp())
}

/** Asks the phase to end what it does. False: nothing is under way. */
export function requestEnd(request: Request): boolean {
  const phase = phases.at(-1)
  if (!phase) return false
  phase.begun ||= phase.begin(request) !== false
  return true
}

function press(code: number): void {
  const now = performance.now()
  if (now - pressedAt < copiesWithin) return
  pressedAt = now
  const phase = phases.at(-1)
  if (!phase) process.exit(code)
  phase.presses += 1
  if (phase.presses > 1) process.exit(130)
  requestEnd('signal')
}

// A closing terminal says so twice: the shell to its jobs, the system to the foreground. It is a
// state.
function hangUp(): void {
  if (hungUp) return
  hungUp = true
  if (!requestEnd('hangup')) process.exit(129)
}
