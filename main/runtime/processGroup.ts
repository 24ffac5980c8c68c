// Programs of others that are run for their answer: Python, pip, compilers. Each may be a script
// that starts another program (a shim of pyenv, a compiler's driver), so it gets a process group of
// its own and is ended together with all of it.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'

export interface StartOptions {
  env: NodeJS.ProcessEnv
  cwd: string
  /** Ends the group. */
  signal?: AbortSignal | undefined
  /** Milliseconds until the group is ended; missing: as long as it takes. */
  limit?: number | undefined
}

export interface Started {
  child: ChildProcessWithoutNullStreams
  /**
   * Never rejects. The code is null when it could not be started, which `failure` says, and when it
   * was ended.
   */
  ended: Promise<{ code: number | null; failure: string }>
}

/**
 * Milliseconds for a program to answer a small question, such as its version; a cold start from a
 * slow disk takes a few seconds.
 */
export const answerLimit = 30_000
/** Milliseconds from the polite wish to end to the end. */
const politeFor = 1000
/**
 * Milliseconds after the program's end in which what it has said is read; a program that it started
 * may hold its pipes open.
 */
const lastWords = 500

const hasGroups = process.platform !== 'win32'
const running = new Set<ChildProcessWithoutNullStreams>()
let watching = false

export function startGroup(
  command: string,
  args: string[],
  { env, cwd, signal, limit }: StartOptions,
): Started {
  endWithUs()
  const child = spawn(command, args, { env, cwd, detached: hasGroups })
  child.stdin.on('error', () => undefined) // it ended before it read its input: its code tells
  running.add(child)
  const timers: NodeJS.Timeout[] = []
  let ending = false
  const end = (how: NodeJS.Signals) => {
    ending = true
    kill(child, how)
  }
  const cancel = () => {
    end('SIGTERM')
    timers.push(setTimeout(() => end('SIGKILL'), politeFor))
  }
  if (limit !== undefined) timers.push(setTimeout(() => end('SIGKILL'), limit))
  signal?.addEventListener('abort', cancel, { once: true })
  if (signal?.aborted) cancel()
  const ended = new Promise<{ code: number | null; failure: string }>((resolve) => {
    const settle = (code: number | null, failure = '') => {
      timers.forEach(clearTimeout)
      signal?.removeEventListener('abort', cancel)
      running.delete(child)
      child.stdout.destroy()
      child.stderr.destroy()
      resolve({ code, failure })
    }
    child.once('error', (error) =>
      child.pid === undefined ? settle(null, error.message) : undefined,
    )
    child.once('exit', (code) => {
      if (ending) kill(child, 'SIGKILL') // what it started may have been less polite
      timers.push(setTimeout(() => setImmediate(() => settle(code)), lastWords))
    })
    child.once('close', (code) => settle(code))
  })
  return { child, ended }
}

/** In a group of their own they do not get the signals that end ours. */
function endWithUs(): void {
  if (watching) return
  watching = true
  process.on('exit', () => running.forEach((child) => kill(child, 'SIGKILL')))
}

function kill(child: ChildProcessWithoutNullStreams, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    if (hasGroups) process.kill(-child.pid, signal)
    else child.kill(signal)
  } catch {
    // nothing of it is left
  }
}
