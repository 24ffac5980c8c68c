// The command line: finds the command, gives it its arguments, and turns whatever goes wrong into
// one line and an exit code. LATENT_DEBUG=1 shows the stack of an error.
import { readFileSync } from 'node:fs'
import { asStudioError, StudioError } from '../../preload/contract/errors.ts'
import { backends } from './backends.ts'
import { bench } from './bench.ts'
import { nearest, parseCommandLine, type Command } from './command.ts'
import { datasets } from './datasets.ts'
import { decode } from './decode.ts'
import { doctor } from './doctor.ts'
import { encode } from './encode.ts'
import { evaluate } from './evaluate.ts'
import { exportCommand } from './export.ts'
import { film } from './film.ts'
import { commandHelp, overview } from './help.ts'
import { interpolate } from './interpolate.ts'
import { importCommand } from './import.ts'
import { manifold } from './manifold.ts'
import { metrics } from './metrics.ts'
import { leaveDeletedFolder } from './place.ts'
import { plane } from './plane.ts'
import { resume } from './resume.ts'
import { runs } from './runs.ts'
import { runtime } from './runtime.ts'
import { sample } from './sample.ts'
import { serve } from './serve.ts'
import { sheet } from './sheet.ts'
import { show } from './show.ts'
import { listenForRequests } from './interrupt.ts'
import {
  OutputLost,
  readerGoneCode,
  refuseUnwritableStdout,
  stdoutFailure,
  watchStreams,
} from './streams.ts'
import { createTerminal, note, tellError, writeText, type Terminal } from './terminal.ts'
import { train } from './train.ts'

const commands: Command[] = [
  train,
  runs,
  show,
  resume,
  evaluate,
  metrics,
  manifold,
  plane,
  film,
  interpolate,
  sheet,
  exportCommand,
  importCommand,
  encode,
  decode,
  sample,
  datasets,
  backends,
  runtime,
  serve,
  bench,
  doctor,
]

let terminal: Terminal | undefined
/** Whether the command does nothing but print, so that without stdout it did nothing. */
let onlyPrints = true

async function main(args: string[]): Promise<void> {
  leaveDeletedFolder()
  const [name, ...rest] = args
  if (name === undefined || name === '--help' || name === '-h' || name === 'help')
    return help(rest[0])
  if (name === '--version' || name === '-v') return writeText(`${version()}\n`)
  const command = commandNamed(name)
  const { arguments: given, flags } = parseCommandLine(command, rest)
  if (flags.on('help')) return writeText(`${commandHelp(command)}\n`)
  terminal = createTerminal(flags.on('json'))
  onlyPrints = command.onlyPrints === true
  if (onlyPrints || terminal.json) refuseUnwritableStdout()
  await command.run({ command, arguments: given, flags, terminal })
}

function help(name: string | undefined): void {
  writeText(
    `${name === undefined ? overview(commands, version()) : commandHelp(commandNamed(name))}\n`,
  )
}

function commandNamed(name: string): Command {
  const command = commands.find((candidate) => candidate.name === name)
  if (command) return command
  const near = nearest(
    name,
    commands.map((candidate) => candidate.name),
  )
  throw new StudioError(
    'bad-input',
    `Unknown command "${name}"${near ? `; did you mean "latent ${near}"?` : '.'} See \`latent --help\`.`,
  )
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

function fail(thrown: unknown, json: boolean): void {
  if (thrown instanceof OutputLost) return void (process.exitCode = readerGoneCode)
  const error = asStudioError(thrown)
  terminal?.settle()
  // a command may have printed its document before it failed (a run that diverged): there is one
  // document only
  if (json && !terminal?.documented)
    writeText(`${JSON.stringify({ error: { code: error.code, message: error.message } })}\n`)
  tellError(error.message)
  if (process.env['LATENT_DEBUG'] === '1' && thrown instanceof Error) note(thrown.stack ?? '')
  // as a shell tells of a command that Ctrl-C ended
  process.exitCode = error.code === 'cancelled' ? 130 : 1
}

// What is still on its way into a pipe is written before the process ends; how that went may be the
// outcome.
async function written(): Promise<void> {
  await Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write('', done))),
  )
  await new Promise((resolve) => setImmediate(resolve))
  const failure = stdoutFailure()
  if (failure instanceof StudioError) fail(failure, false)
  else if (failure && onlyPrints && !process.exitCode) process.exitCode = readerGoneCode
}

listenForRequests()
watchStreams()
const args = process.argv.slice(2)
await main(args).catch((error: unknown) => fail(error, args.includes('--json')))
await written()
process.exit()
