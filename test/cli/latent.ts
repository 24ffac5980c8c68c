// Runs the command line as a person does: `node apps/launch.mjs ...` in a process of its own.
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const launcher = resolve(import.meta.dirname, '../../apps/launch.mjs')

export interface Finished {
  code: number | null
  stdout: string
  stderr: string
}

/** A data folder and a cache of the test's own. */
export function temporaryHome(): { home: string; environment: NodeJS.ProcessEnv; remove(): void } {
  const home = mkdtempSync(join(tmpdir(), 'latent-cli-'))
  const environment = {
    LATENT_STUDIO_HOME: join(home, 'data'),
    LATENT_STUDIO_CACHE: join(home, 'cache'),
  }
  return { home, environment, remove: () => rmSync(home, { recursive: true, force: true }) }
}

export function start(
  args: string[],
  environment: NodeJS.ProcessEnv,
): { child: ChildProcess; finished: Promise<Finished> } {
  const child = spawn(process.execPath, [launcher, ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text))
  const finished = new Promise<Finished>((done) =>
    child.on('close', (code) => done({ code, ...said })),
  )
  return { child, finished }
}

export function latent(args: string[], environment: NodeJS.ProcessEnv): Promise<Finished> {
  return start(args, environment).finished
}

/** The one JSON document of a command that must have gone well. */
export async function document(
  args: string[],
  environment: NodeJS.ProcessEnv,
): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await latent([...args, '--json'], environment)
  if (code !== 0) throw new Error(`latent ${args.join(' ')} ended with ${code}: ${stderr}`)
  return JSON.parse(stdout) as Record<string, unknown>
}
