// Starts a host program under plain Node (serve and the command line) and says in words how it
// ended. Electron has its own fork (transport/electron.ts). Only this file knows where the program
// lies: the source, or the built file beside.
import { fork, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import type { Fork, FromHost, HostPort, ToHost } from '../host/protocol.ts'
import { hostEnvironment } from '../runtime/environment.ts'
import { errorLine } from '../runtime/stderr.ts'

/** Characters kept of what a host printed: enough for the reason of a crash. */
const tailLength = 16_000

/** The host program: main/host/index.ts when we run from source, out/main/host.js when built. */
export function hostProgram(): string {
  return import.meta.filename.endsWith('.ts')
    ? join(import.meta.dirname, '../host/index.ts')
    : join(import.meta.dirname, 'host.js')
}

/** The Fork for a program; another `program` than the default serves tests of supervision. */
export function forkNode(program: string = hostProgram()): Fork {
  return (role) => {
    const child = fork(program, [role], {
      serialization: 'advanced',
      // set, not inherited: --inspect or a test runner's flags are not for hosts
      execArgv: ['--disable-warning=ExperimentalWarning'],
      env: hostEnvironment(),
      // a process group of its own: Ctrl-C in the terminal reaches us alone, and we stop the host
      // with a checkpoint
      detached: process.platform !== 'win32',
      // nothing of a host may reach our stdout, which carries JSON; its last words are kept
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    return portOf(child)
  }
}

function portOf(child: ChildProcess): HostPort {
  let tail = ''
  const keep = (chunk: string) => (tail = (tail + chunk).slice(-tailLength))
  child.stdout?.setEncoding('utf8').on('data', keep)
  child.stderr?.setEncoding('utf8').on('data', keep)
  // a channel that closes under a send reports it here as well as by 'exit'
  child.on('error', () => undefined)
  return {
    pid: child.pid ?? null,
    send(message: ToHost) {
      if (child.connected) child.send(message, () => undefined)
    },
    onMessage: (listener) => void child.on('message', (message) => listener(message as FromHost)),
    onExit: (listener) =>
      whenGone(child, (code, signal) =>
        listener(exitReason(code, signal, tail), manner(code, signal)),
      ),
    kill: () => void child.kill('SIGKILL'),
  }
}

// 'exit' can come before the last messages were read; 'disconnect' comes after them, however busy
// we are. The end of the output is waited for a moment only, for the reason. A process that could
// not be started gives none of them: 'error' then.
function whenGone(
  child: ChildProcess,
  listener: (code: number | null, signal: NodeJS.Signals | null) => void,
): void {
  const missing = new Set(['exit', 'disconnect', 'output'])
  const part = (name: string) => {
    if (missing.delete(name) && missing.size === 0) listener(child.exitCode, child.signalCode)
  }
  child.once('disconnect', () => part('disconnect'))
  child.once('close', () => part('output'))
  child.once('exit', () => {
    part('exit')
    setTimeout(() => part('output'), 500)
  })
  child.once('error', () => (child.pid === undefined ? listener(null, null) : undefined))
}

/** How a process ended: by itself and well, by somebody's signal, or by a failure of its own. */
export function manner(
  code: number | null,
  signal: NodeJS.Signals | null,
): 'well' | 'killed' | 'failed' {
  if (code === 0 && signal === null) return 'well'
  // Electron gives signals as exit codes, with or without 128 added
  const asked =
    ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP'].includes(signal ?? '') ||
    [9, 15, 137, 143].includes(code ?? 0)
  return asked ? 'killed' : 'failed'
}

/** "killed by SIGKILL", "exit code 134 (aborted)", with the last line that the process printed. */
export function exitReason(
  code: number | null,
  signal: NodeJS.Signals | null,
  output: string,
): string {
  const said = errorLine(output)
  return `${endOf(code, signal)}${said ? `: ${said}` : ''}`
}

function endOf(code: number | null, signal: NodeJS.Signals | null): string {
  const meanings: Record<string, string> = {
    SIGKILL: ' (by the system when memory runs out, or by hand)',
    SIGSEGV: ' (a crash in native code)',
    SIGILL: ' (native code built for another processor)',
    SIGABRT: ' (native code aborted)',
  }
  if (signal) return `killed by ${signal}${meanings[signal] ?? ''}`
  if (code === null) return 'the process could not be started'
  return `exit code ${code}${code === 134 ? ' (aborted, often out of memory)' : ''}`
}
