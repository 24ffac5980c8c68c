// stdout and stderr when they fail. A reader that goes away (`| head`, a closed terminal) asks the
// program to end, as Ctrl-C does, but never hurries it. A full disk under stdout is said on stderr.
import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs'
import { fileReason } from '../../main/files/reason.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import { requestEnd } from './interrupt.ts'
import { tellError } from './terminal.ts'

/**
 * Exit code of a command whose reader has gone before its result: that of SIGPIPE, as for seq or
 * cat.
 */
export const readerGoneCode = 141

const goneCodes = ['EPIPE', 'EIO', 'ECONNRESET', 'ENOTCONN', 'ERR_STREAM_DESTROYED']
const probeEvery = 500 // milliseconds

const lost: { stdout: NodeJS.ErrnoException | null; stderr: NodeJS.ErrnoException | null } = {
  stdout: null,
  stderr: null,
}

let asked = false

/** The command cannot go on: nobody reads what it prints. */
export class OutputLost extends Error {}

/** Handles every failure of stdout and stderr from now on. */
export function watchStreams(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => onLost('stdout', error))
  process.stderr.on('error', (error: NodeJS.ErrnoException) => onLost('stderr', error))
  // a run may train or pause for long without a word: its reader is looked for all the same
  setInterval(probe, probeEvery).unref()
}

/** How stdout failed, null while it works. */
export function stdoutFailure(): 'reader gone' | StudioError | null {
  const error = lost.stdout
  if (!error) return null
  if (isGone(error)) return 'reader gone'
  if (error.code === 'EBADF') return unwritable()
  return new StudioError(
    'store-failed',
    `stdout: expected to write the result, found ${fileReason(error)}. Free some space or write elsewhere, then try again.`,
  )
}

/** Throws when nothing can be written to stdout, so that the result would be lost in silence. */
export function refuseUnwritableStdout(): void {
  if (!canWrite(1)) throw unwritable()
}

function unwritable(): StudioError {
  return new StudioError(
    'bad-input',
    'stdout: expected a terminal, file or pipe for the result, found one that cannot be written to. Redirect the output with > FILE.',
  )
}

function onLost(name: 'stdout' | 'stderr', error: NodeJS.ErrnoException): void {
  if (lost[name]) return
  lost[name] = error
  // notes and progress on a full disk are no reason to stop the work
  if (name === 'stderr' && !isGone(error)) return
  // the second of two streams that one reader had is no second request
  if (asked) return
  asked = true
  if (!requestEnd('output')) endNow()
}

function endNow(): void {
  const failure = stdoutFailure()
  if (failure instanceof StudioError) tellError(failure.message)
  process.exit(failure instanceof StudioError ? 1 : readerGoneCode)
}

const isGone = (error: NodeJS.ErrnoException) => goneCodes.includes(error.code ?? '')

function probe(): void {
  for (const [name, descriptor] of [
    ['stdout', 1],
    ['stderr', 2],
  ] as const)
    if (!lost[name] && readerIsGone(descriptor))
      onLost(name, Object.assign(new Error('no reader'), { code: 'EPIPE' }))
}

/**
 * Whether nobody can read any more what is written to this pipe or socket; false where that cannot
 * be told.
 */
export function readerIsGone(descriptor: number): boolean {
  try {
    const stats = fstatSync(descriptor)
    if (stats.isFIFO()) {
      // fifo(7): opening a pipe to write, without waiting, fails with ENXIO when it has no reader
      // (Linux)
      closeSync(openSync(`/proc/self/fd/${descriptor}`, constants.O_WRONLY | constants.O_NONBLOCK))
    } else if (stats.isSocket()) writeSync(descriptor, Buffer.alloc(0))
    return false
  } catch (error) {
    return ['ENXIO', 'EPIPE', 'ECONNRESET'].includes((error as NodeJS.ErrnoException).code ?? '')
  }
}

/**
 * False for a descriptor that is closed, or open for reading alone. One that was closed before we
 * started (`>&-`) counts as the null device: Node opens that in its place, to read and to write, as
 * others do who want no output (Python's DEVNULL).
 */
function canWrite(descriptor: number): boolean {
  try {
    // writing nothing changes nothing, but checks how the descriptor was opened; to a socket it
    // could be a datagram
    if (!fstatSync(descriptor).isSocket()) writeSync(descriptor, Buffer.alloc(0))
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EBADF'
  }
}
