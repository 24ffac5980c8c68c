// `serve` as a process: its address, a second one, a taken port, signals, and kills.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { killServers } from '../soak/kill-serve.ts'
import { scripts } from './scriptedHost.ts'
import { startScript, until } from './scriptedStudio.ts'
import { serving, startServing } from './served.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latent-serve-test-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('serve', () => {
  it('prints its address on one line and ends in order at SIGTERM', async () => {
    const server = await serving(folder)
    expect(
      server
        .output()
        .split('\n')
        .filter((line) => line.includes('http')),
    ).toHaveLength(1)
    const owner = JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8')) as {
      port: number
      token: string
      pid: number
    }
    expect([String(owner.port), owner.token, owner.pid]).toEqual([
      server.url.port,
      server.url.searchParams.get('token'),
      server.child.pid,
    ])
    const connected = server.connect()
    const { client } = connected
    const { id } = await startScript(client, scripts.wellBehaved, 1e6)
    await until(client, id, ['running'], 10_000, 20)
    connected.close()
    server.child.kill('SIGTERM')
    expect(await server.ended).toBe(0)
    expect(existsSync(join(folder, 'owner.json'))).toBe(false)
    const next = await serving(folder)
    const connection = next.connect()
    expect((await connection.client.runs.get({ run: id })).status).toBe('stopped')
    connection.close()
    next.child.kill('SIGINT')
    expect(await next.ended).toBe(0)
  })

  it('a second one prints the address of the first and ends with 0', async () => {
    const first = await serving(folder)
    const second = await serving(folder)
    expect(second.url.href).toBe(first.url.href)
    expect(await second.ended).toBe(0)
    first.child.kill('SIGTERM')
    await first.ended
  })

  it('says in one line that a port is taken', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    const { ended, output } = startServing(folder, port)
    expect(await ended).toBe(1)
    expect(output()).toMatch(
      new RegExp(`^port-in-use: Expected to listen on port ${port}, .*--port.*\\n$`),
    )
    other.close()
  })

  it('killed leaves an interrupted run for the next owner', async () => {
    const server = await serving(folder)
    const connection = server.connect()
    const { id } = await startScript(connection.client, scripts.wellBehaved, 1e6)
    const before = await until(connection.client, id, ['running'], 10_000, 150)
    server.child.kill('SIGKILL')
    await server.ended
    connection.close()
    const next = await serving(folder)
    const again = next.connect()
    const run = await again.client.runs.get({ run: id })
    expect(run.status).toBe('interrupted')
    expect(run.step).toBeGreaterThanOrEqual(before.step)
    again.close()
    next.child.kill('SIGTERM')
    await next.ended
  })
})

describe('kills at random moments', () => {
  it('lose no announced step', async () => {
    const figures = await killServers(4, 7)
    expect(figures.kills).toBe(4)
    expect(figures.announcedSteps).toBeGreaterThan(0)
  }, 60_000)

  it('would be noticed to lose one', async () => {
    await expect(killServers(3, 8, 'lose a step')).rejects.toThrow(
      /was announced, the series ends at/,
    )
  }, 60_000)
})
