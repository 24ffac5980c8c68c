// Runs the tools of the test run as child processes: quietly with the output kept, or on the
// terminal.
import { spawn, type StdioOptions } from 'node:child_process'
import { resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')

export interface Finished {
  code: number
  output: string
  seconds: number
}

/**
 * Runs `node file ...args` in the project's folder; with `show` on the terminal, otherwise its
 * output comes back.
 */
export function runNode(
  file: string,
  args: string[],
  options: { show?: boolean; env?: NodeJS.ProcessEnv } = {},
): Promise<Finished> {
  return runCommand(process.execPath, [resolve(root, file), ...args], options)
}

export async function runCommand(
  command: string,
  args: string[],
  options: { show?: boolean; env?: NodeJS.ProcessEnv } = {},
): Promise<Finished> {
  const started = performance.now()
  const stdio: StdioOptions = options.show
    ? ['ignore', 'inherit', 'inherit']
    : ['ignore', 'pipe', 'pipe']
  const child = spawn(command, args, { cwd: root, stdio, env: { ...process.env, ...options.env } })
  const pieces: string[] = []
  child.stdout?.on('data', (piece: Buffer) => pieces.push(piece.toString()))
  child.stderr?.on('data', (piece: Buffer) => pieces.push(piece.toString()))
  const code = await new Promise<number>((settle) => {
    child.on('error', (error) => {
      pieces.push(`${command} does not start: ${error.message}\n`)
      settle(127)
    })
    child.on('close', (exitCode, signal) => settle(exitCode ?? (signal ? 128 : 1)))
  })
  return { code, output: pieces.join(''), seconds: (performance.now() - started) / 1000 }
}
