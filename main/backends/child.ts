// Starts the throw-away process in which a rung is tried: a wrong processor ends it by SIGILL, a bad library by
// SIGSEGV, a stuck one by the time limit, and none of them takes this process along.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { Rung } from '../../preload/contract/runConfig.ts'

const Outcome = z.object({ ok: z.boolean(), reason: z.string() })
export type CheckOutcome = z.infer<typeof Outcome>

/** Tries one rung somewhere else and tells how it went; never throws for a rung that fails. */
export type RunCheck = (rung: Rung, cacheFolder: string) => Promise<CheckOutcome>

const limitMs = 60_000 // a cold start from a slow disk takes 10 s

// from source check.ts, when built the file beside the host program
const program = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './check.ts' : './check.js', import.meta.url))

export const checkInChild: RunCheck = (rung, cacheFolder) => checkWith([program, rung, cacheFolder], limitMs)

/** Runs Node with `args` and reads the outcome from the last line of its output. */
export function checkWith(args: string[], limit: number): Promise<CheckOutcome> {
  return new Promise((resolve) => {
    // inside Electron execPath is Electron: asked to be plain Node. Node itself does not know the variable
    const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' }
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: limit, killSignal: 'SIGKILL' })
    const started = performance.now()
    let said = ''
    let complaint = ''
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-4000)))
    child.on('error', (error) => resolve({ ok: false, reason: `the check could not be started: ${error.message}` }))
    child.on('close', (code, signal) => {
      const last = said.trim().split('\n').at(-1) ?? ''
      const outcome = readOutcome(last)
      if (outcome !== null && code === 0) resolve(outcome)
      else if (signal === 'SIGKILL' && performance.now() - started >= limit)
        resolve({ ok: false, reason: `the check gave no answer within ${limit / 1000} s` })
      else resolve({ ok: false, reason: ended(code, signal, complaint) })
    })
  })
}

function readOutcome(line: string): CheckOutcome | null {
  try {
    return Outcome.parse(JSON.parse(line))
  } catch {
    return null
  }
}

function ended(code: number | null, signal: string | null, complaint: string): string {
  if (signal === 'SIGILL') return 'the library needs processor instructions that this processor lacks (SIGILL)'
  if (signal === 'SIGSEGV' || signal === 'SIGBUS') return `the library crashed while it was tried (${signal})`
  const last =
    complaint
      .trim()
      .split('\n')
      .find((line) => /^\w*Error\b/.test(line)) ?? complaint.trim().split('\n').at(-1)
  return `the check ended with ${signal ?? `code ${code}`}${last ? `: ${last.trim()}` : ''}`
}
