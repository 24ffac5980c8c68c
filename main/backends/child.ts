// Starts the throw-away process in which a rung is tried: a wrong processor ends it by SIGILL, a
// bad library by SIGSEGV, a stuck one by the time limit, and none of them takes this process along.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { Rung } from '../../preload/contract/runConfig.ts'
import { hostEnvironment } from '../runtime/environment.ts'
import { errorLine } from '../runtime/stderr.ts'

const Outcome = z.object({ ok: z.boolean(), reason: z.string() })
export type CheckOutcome = z.infer<typeof Outcome>

/** Tries one rung somewhere else and tells how it went; never throws for a rung that fails. */
export type RunCheck = (rung: Rung, cacheFolder: string) => Promise<CheckOutcome>

/** The throw-away process, whatever started it: Node here, a utility process under Electron. */
export interface CheckProcess {
  /** What it says of the rung: the value, or a line of JSON. The last one counts. */
  onAnswer(listener: (answer: unknown) => void): void
  /** What it prints as errors. */
  onComplaint(listener: (text: string) => void): void
  /** It could not be started. */
  onFailure(listener: (reason: string) => void): void
  onExit(listener: (code: number | null, signal: NodeJS.Signals | null) => void): void
  kill(): void
}

const limitMs = 60_000 // a cold start from a slow disk takes 10 s

/** From source check.ts, when built the file beside the host program. */
export const checkProgram = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './checkProgram.ts' : './check.js', import.meta.url),
)

export const checkInChild: RunCheck = (rung, cacheFolder) =>
  checkWith([checkProgram, rung, cacheFolder], limitMs)

let elsewhere: RunCheck | null = null

/**
 * A host under Electron cannot start a process: its main line tries rungs for it. Told once, when
 * the host starts.
 */
export function tryRungsBy(check: RunCheck): void {
  elsewhere = check
}

/**
 * How rungs are tried in this process; null under Electron where nobody was told: then in place.
 */
export function checkAway(): RunCheck | null {
  return elsewhere ?? (process.versions['electron'] === undefined ? checkInChild : null)
}

/** Runs Node with `args` and reads the outcome from the last line of its output. */
export function checkWith(args: string[], limit: number): Promise<CheckOutcome> {
  return readCheck(spawnNode(args), limit)
}

function spawnNode(args: string[]): CheckProcess {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: hostEnvironment(),
  })
  let said = ''
  return {
    onAnswer: (listener) => {
      child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
      child.stdout.on('end', () => listener(jsonOf(said.trim().split('\n').at(-1) ?? '')))
    },
    onComplaint: (listener) =>
      void child.stderr.on('data', (chunk: Buffer) => listener(chunk.toString())),
    onFailure: (listener) => void child.on('error', (error) => listener(error.message)),
    // not 'exit': its output may come after that
    onExit: (listener) => void child.on('close', listener),
    kill: () => void child.kill('SIGKILL'),
  }
}

/** Waits for the process: an answer counts when it then ends well, within `limit` milliseconds. */
export function readCheck(child: CheckProcess, limit: number = limitMs): Promise<CheckOutcome> {
  return new Promise((resolve) => {
    let answer: CheckOutcome | null = null
    let complaint = ''
    const timer = setTimeout(() => {
      child.kill()
      resolve({ ok: false, reason: `the check did not answer within ${limit / 1000} s` })
    }, limit)
    child.onAnswer((said) => (answer = Outcome.safeParse(said).data ?? null))
    child.onComplaint((text) => (complaint = (complaint + text).slice(-4000)))
    child.onFailure((reason) => {
      clearTimeout(timer)
      resolve({ ok: false, reason: `the check could not be started: ${reason}` })
    })
    child.onExit((code, signal) => {
      clearTimeout(timer)
      resolve(
        answer !== null && code === 0
          ? answer
          : { ok: false, reason: ended(code, signal, complaint) },
      )
    })
  })
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}

function ended(code: number | null, signal: string | null, complaint: string): string {
  if (signal === 'SIGILL')
    return 'the library needs processor instructions that this processor lacks (SIGILL)'
  if (signal === 'SIGSEGV' || signal === 'SIGBUS')
    return `the library crashed during the check (${signal})`
  const said = errorLine(complaint)
  return `the check ended with ${signal ?? `code ${code}`}${said ? `: ${said}` : ''}`
}
