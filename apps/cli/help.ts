// The help texts, made from the descriptions of the commands.
import { commonFlags, type Command, type Flag } from './command.ts'

const width = 100

/** `latent --help`: every command with its one line. */
export function overview(commands: Command[], version: string): string {
  const longest = Math.max(...commands.map((command) => signature(command).length))
  const lines = commands.map((command) => entry(signature(command), command.summary, longest))
  return [
    `Latent Studio ${version}: train, keep, compare and explore variational autoencoders.`,
    '',
    'Usage: latent COMMAND [ARGUMENTS] [FLAGS]',
    '',
    'Commands',
    ...lines,
    '',
    'Flags of every command',
    ...flagLines(commonFlags, longest),
    '',
    'RUN is a run id or its first characters, an exact name, or "last".',
    'Start with: latent train tutorial',
    'Help for one command: latent COMMAND --help',
  ].join('\n')
}

/** `latent COMMAND --help`. */
export function commandHelp(command: Command): string {
  const all = [...command.flags, ...commonFlags]
  const longest = Math.min(
    30,
    Math.max(
      ...all.map((flag) => flagSignature(flag).length),
      ...command.arguments.map((argument) => argument.name.length),
    ),
  )
  const lines = [command.summary, '', `Usage: latent ${signature(command)} [FLAGS]`]
  if (command.about) lines.push('', ...wrap(command.about, width, ''))
  if (command.arguments.length > 0)
    lines.push(
      '',
      'Arguments',
      ...command.arguments.map((argument) => entry(argument.name, argument.help, longest)),
    )
  for (const group of [
    undefined,
    ...new Set(all.map((flag) => flag.group).filter((name) => name !== undefined)),
  ]) {
    const flags = all.filter((flag) => flag.group === group)
    if (flags.length > 0) lines.push('', group ?? 'Flags', ...flagLines(flags, longest))
  }
  if (command.examples.length > 0)
    lines.push('', 'Examples', ...command.examples.map((example) => `  ${example}`))
  return lines.join('\n')
}

function signature(command: Command): string {
  return [
    command.name,
    ...command.arguments.map((argument) =>
      argument.required ? argument.name : `[${argument.name}]`,
    ),
  ].join(' ')
}

function flagSignature(flag: Flag): string {
  return `${flag.short ? `-${flag.short}, ` : ''}--${flag.name}${flag.value ? ` ${flag.value}` : ''}`
}

function flagLines(flags: Flag[], longest: number): string[] {
  return flags.map((flag) => entry(flagSignature(flag), flag.help, longest))
}

function entry(name: string, help: string, longest: number): string {
  const indent = ' '.repeat(longest + 4)
  const [first = '', ...rest] = wrap(help, width, indent)
  const head = name.length > longest ? `  ${name}\n${indent}` : `  ${name.padEnd(longest)}  `
  return [`${head}${first.trimStart()}`, ...rest].join('\n')
}

function wrap(text: string, limit: number, indent: string): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > limit) {
      lines.push(indent + line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, indent + line]
}
