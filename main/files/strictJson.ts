// JSON of strangers: an object in which no key stands twice, at any depth. JSON.parse would take
// the last of them, and another program the first.
import { StudioError } from '../../preload/contract/errors.ts'

/** Throws `bad-input`; `what` names the text in the message. */
export function strictJson(text: string, what: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new StudioError('bad-input', `${what}: expected JSON, found something else.`)
  }
  const repeated = repeatedKey(text)
  if (repeated !== null)
    throw new StudioError(
      'bad-input',
      `${what}: expected unique keys, found ${JSON.stringify(repeated.slice(0, 80))} twice.`,
    )
  return value
}

/** The first key that stands twice in one object of a valid JSON text, null when there is none. */
export function repeatedKey(text: string): string | null {
  const open: (Set<string> | null)[] = []
  const colon = /\s*:/y
  for (let at = 0; at < text.length; at++) {
    const found = text[at]!
    if (found === '{') open.push(new Set())
    else if (found === '[') open.push(null)
    else if (found === '}' || found === ']') open.pop()
    if (found !== '"') continue
    const start = at
    for (at++; text[at] !== '"'; at++) if (text[at] === '\\') at++
    const keys = open.at(-1)
    colon.lastIndex = at + 1
    if (!keys || !colon.test(text)) continue
    const key = JSON.parse(text.slice(start, at + 1)) as string
    if (keys.has(key)) return key
    keys.add(key)
  }
  return null
}
