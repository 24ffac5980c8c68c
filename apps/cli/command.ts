// What a command is, as data: its flags and arguments are described once, and parsing, errors and
// help come from that.
import { parseArgs } from 'node:util'
import { editDistance } from '../../main/store/reference.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import type { Terminal } from './terminal.ts'

export interface Flag {
  name: string
  short?: string
  /** What stands for the value in the help; a flag without it is a switch. */
  value?: string
  /** May be given more than once. */
  multiple?: boolean
  help: string
  /** Heading in the help; the command's own flags have none. */
  group?: string
}

export interface Argument {
  name: string
  required: boolean
  help: string
}

export interface Command {
  name: string
  summary: string
  /** Paragraphs of the command's own help. */
  about?: string
  arguments: Argument[]
  flags: Flag[]
  examples: string[]
  /**
   * Whether a folder given by --data is made when it does not exist; else the command refuses it.
   */
  makesFolder?: boolean
  /** Its only result is what it prints: without a stdout it fails. */
  onlyPrints?: boolean
  run(call: Call): Promise<void>
}

export interface Call {
  command: Command
  arguments: string[]
  flags: Flags
  terminal: Terminal
}

/** The flags as given, by name. */
export interface Flags {
  on(name: string): boolean
  text(name: string): string | undefined
  texts(name: string): string[]
}

export const commonFlags: Flag[] = [
  {
    name: 'data',
    value: 'DIR',
    help: 'Data folder. (LATENT_STUDIO_HOME, or the default folder of your account)',
    group: 'Common',
  },
  { name: 'json', help: 'Print one JSON document to stdout.', group: 'Common' },
  { name: 'help', short: 'h', help: 'Print this help.', group: 'Common' },
]

/**
 * The command line of one command, checked. Throws StudioError `bad-input` for what the command
 * does not have.
 */
export function parseCommandLine(
  command: Command,
  args: string[],
): { arguments: string[]; flags: Flags } {
  const known = [...command.flags, ...commonFlags]
  const options = Object.fromEntries(
    known.map((flag) => [
      flag.name,
      {
        type: flag.value ? ('string' as const) : ('boolean' as const),
        ...(flag.short ? { short: flag.short } : {}),
      },
    ]),
  )
  const { tokens } = parseArgs({
    args,
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const [found, given]: [string[], Map<string, string[]>] = [[], new Map()]
  for (const token of tokens) {
    if (token.kind === 'positional') found.push(token.value)
    if (token.kind !== 'option') continue
    const flag = known.find((candidate) => candidate.name === token.name)
    if (!flag) throw unknown(command, known, token.rawName)
    given.set(flag.name, [
      ...(given.get(flag.name) ?? []),
      valueOf(flag, token.value, token.inlineValue === true),
    ])
  }
  if (!given.has('help')) checkArguments(command, found)
  const texts = (name: string) => given.get(name) ?? []
  return {
    arguments: found,
    flags: { on: (name) => given.has(name), text: (name) => texts(name).at(-1), texts },
  }
}

function valueOf(flag: Flag, value: string | undefined, inline: boolean): string {
  if (!flag.value) {
    if (value !== undefined)
      throw new StudioError(
        'bad-input',
        `--${flag.name}: expected no value, found "${value}". Write --${flag.name} without a value.`,
      )
    return ''
  }
  // "--seed -5" is a value out of range; "--out --json" is a value forgotten
  const forgotten =
    value === undefined || (!inline && value.startsWith('-') && !/^-(\.?\d|inf)/i.test(value))
  if (forgotten)
    throw new StudioError(
      'bad-input',
      `--${flag.name}: expected a value (${flag.value}), found ${value === undefined ? 'nothing' : `"${value}"`}. Write --${flag.name}=${flag.value}.`,
    )
  return value
}

function checkArguments(command: Command, found: string[]): void {
  const required = command.arguments.filter((argument) => argument.required)
  const missing = required[found.length]
  if (found.length < required.length && missing)
    throw new StudioError(
      'bad-input',
      `${command.name}: expected ${missing.name} (${missing.help}), found nothing. See \`latent ${command.name} --help\`.`,
    )
  const empty = command.arguments.find((_, index) => found[index]?.trim() === '')
  if (empty)
    throw new StudioError(
      'bad-input',
      `${command.name}: expected ${empty.name} (${empty.help}), found an empty string. See \`latent ${command.name} --help\`.`,
    )
  const extra = found[command.arguments.length]
  if (extra !== undefined)
    throw new StudioError(
      'bad-input',
      `${command.name}: expected ${countOf(command.arguments.length)}, also found "${extra}". See \`latent ${command.name} --help\`.`,
    )
}

function countOf(count: number): string {
  return count === 0 ? 'no arguments' : count === 1 ? 'one argument' : `${count} arguments`
}

function unknown(command: Command, known: Flag[], raw: string): StudioError {
  const near = nearest(
    raw.replace(/^-+/, ''),
    known.map((flag) => flag.name),
  )
  return new StudioError(
    'bad-input',
    `${command.name}: unknown flag "${raw}"${near ? `; did you mean "--${near}"?` : '.'} See \`latent ${command.name} --help\`.`,
  )
}

/**
 * The name that is probably meant: it begins so, or differs by at most two letters (two swapped
 * ones are two).
 */
export function nearest(word: string, names: readonly string[]): string | undefined {
  if (word.length < 2) return undefined
  const begins = names.find((name) => name.startsWith(word))
  if (begins) return begins
  const [best] = names
    .map((name) => ({ name, distance: editDistance(word, name) }))
    .sort((a, b) => a.distance - b.distance)
  return best && best.distance <= (word.length < 4 ? 1 : 2) ? best.name : undefined
}

/** A flag's value, one of the choices. Throws `bad-input`. */
export function choiceGiven<Choice extends string>(
  flags: Flags,
  name: string,
  choices: readonly Choice[],
  fallback: Choice,
): Choice {
  const found = flags.text(name) ?? fallback
  const choice = choices.find((one) => one === found)
  if (choice) return choice
  const near = nearest(found, choices)
  throw new StudioError(
    'bad-input',
    `--${name}: expected one of ${choices.join(', ')}, found "${found}"${near ? `; did you mean "${near}"?` : '.'}`,
  )
}

/** A flag's whole number. Throws `bad-input` outside [minimum, maximum]. */
export function wholeNumber(
  flags: Flags,
  name: string,
  fallback: number,
  minimum: number,
  maximum: number,
): number {
  const text = flags.text(name)
  if (text === undefined) return fallback
  const value = /^[+-]?\d+$/.test(text.trim()) ? Number(text) : NaN
  if (!(value >= minimum && value <= maximum))
    throw new StudioError(
      'bad-input',
      `--${name}: expected a whole number from ${minimum} to ${maximum}, found "${text}".`,
    )
  return value
}
