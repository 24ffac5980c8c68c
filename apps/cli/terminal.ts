// What a command writes: its result on stdout (text, or one JSON document), and on stderr how far
// it is, as a bar that redraws itself on a terminal and as a line every few seconds anywhere else.
// Nothing else in the command line writes to them.
export interface Terminal {
  readonly json: boolean
  /** A result for a person; silent under --json. */
  print(text: string): void
  /** The result as JSON; silent without --json. */
  document(value: unknown): void
  /** Whether the document has been printed. */
  readonly documented: boolean
  /** A line that stays, on stderr. */
  note(text: string): void
  /** How far: the newest replaces the one before. `fraction` in [0, 1] draws the bar. */
  progress(text: string, fraction?: number): void
  /** The progress line is over: on a terminal it is wiped out. */
  settle(): void
}

interface Stream {
  write(text: string): unknown
  isTTY?: boolean
  columns?: number
}

const redrawEvery = 100 // milliseconds
const lineEvery = 3000
const barWidth = 24

export function createTerminal(
  json: boolean,
  stdout: Stream = process.stdout,
  stderr: Stream = process.stderr,
  now: () => number = () => performance.now(),
): Terminal {
  const live = stderr.isTTY === true
  let last = -Infinity
  let drawn = false
  let documented = false
  const settle = () => {
    if (drawn) stderr.write('\r\x1b[K')
    drawn = false
    last = -Infinity
  }
  return {
    json,
    print: (text) => void (json || stdout.write(`${shown(text)}\n`)),
    document(value) {
      if (!json) return
      documented = true
      stdout.write(`${JSON.stringify(value)}\n`)
    },
    get documented() {
      return documented
    },
    note(text) {
      const before = last
      settle()
      last = before
      stderr.write(`${shown(text)}\n`)
    },
    progress(text, fraction) {
      if (now() - last < (live ? redrawEvery : lineEvery)) return
      last = now()
      const line = shown(text)
      if (!live) return void stderr.write(`${line}\n`)
      // some terminals say that they have 0 columns
      stderr.write(
        `\r${fitted(fraction === undefined ? line : `${bar(fraction)} ${line}`, stderr.columns || 80)}\x1b[K`,
      )
      drawn = true
    },
    settle,
  }
}

/** Our own text on stdout, as it is. */
export function writeText(text: string): void {
  process.stdout.write(text)
}

/** A line on stderr from a program without a Terminal. */
export function note(text: string): void {
  process.stderr.write(`${shown(text)}\n`)
}

let lastError = ''

/** An error on stderr, as one line; once only when several parts of the program find it. */
export function tellError(message: string, prefix = 'latent: '): void {
  if (message === lastError) return
  lastError = message
  note(`${prefix}${message.replace(/\s+/g, ' ').trim()}`)
}

// eslint-disable-next-line no-control-regex
const unshown = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g

/**
 * Text as a terminal may get it: names, notes and reasons can come from a stranger's file, and what
 * is not a line or a tab could move the cursor, change colours or turn the writing direction.
 */
export function shown(text: string): string {
  return text.replace(unshown, '\ufffd')
}

const eighths = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** A bar of fixed width, filled in eighths of a character. */
export function bar(fraction: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, fraction)) * barWidth * 8)
  const whole = '█'.repeat(Math.floor(filled / 8))
  const part = filled % 8 === 0 ? '' : eighths[filled % 8]
  return `▕${`${whole}${part}`.padEnd(barWidth)}▏`
}

// One column is left free: a full last column makes some terminals wrap.
function fitted(text: string, columns: number): string {
  return text.length < columns ? text : `${text.slice(0, Math.max(0, columns - 2))}…`
}
