// Starts serving.ts as a process of its own and waits for its address.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { connectSocket, type Connection } from '../../preload/contract/connection.ts'

export interface ServedProcess {
  child: ChildProcess
  /** What it printed so far. */
  output(): string
  /** Milliseconds until the line with the address. */
  milliseconds: number
  url: URL
  connect(): Connection
  /** Its exit code, null when a signal ended it. */
  ended: Promise<number | null>
}

export function startServing(folder: string, port = 0, hosts = 'scripted') {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'serving.ts'), folder, String(port), hosts],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const ended = once(child, 'close').then(([code]) => code as number | null)
  return { child, output: () => output, ended }
}

/** Throws what it printed when it ends without an address. */
export async function serving(
  folder: string,
  port = 0,
  hosts = 'scripted',
): Promise<ServedProcess> {
  const began = performance.now()
  const { child, output, ended } = startServing(folder, port, hosts)
  for (;;) {
    const found = /http:\/\/\S+/.exec(output())
    if (found) {
      const url = new URL(found[0])
      return {
        child,
        output,
        ended,
        url,
        milliseconds: performance.now() - began,
        connect: () =>
          connectSocket(`ws://${url.host}/rpc${url.search}`, { patience: 2000, retry: [50] }),
      }
    }
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`expected an address, found ${output()}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
