// The trainer process that waits for the next run: who gets it, who does not, and when it is given
// back.
import { mkdtempSync, mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { writeInstalled } from '../../main/runtime/verify.ts'
import { forkNode } from '../../main/service/launch.ts'
import { WarmHost, type WarmOptions } from '../../main/service/warmHost.ts'
import { configFrom } from '../../preload/contract/config.ts'
import { scripts } from './scriptedHost.ts'
import { scriptedStudio, startScript, until } from './scriptedStudio.ts'

const program = join(import.meta.dirname, 'scriptedHost.ts')
const times = { delay: 0, again: 0, idle: 60_000, watch: 20 }
const plenty = () => 2 ** 40
const auto = { backend: 'auto', threads: 0 } as const

let folder: string
let host: WarmHost
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'latent-warm-'))))
afterEach(() => {
  host.close()
  rmSync(folder, { recursive: true, force: true })
})

function warmHost(options: Partial<WarmOptions> = {}): WarmHost {
  host = new WarmHost({
    fork: forkNode(program),
    cacheFolder: folder,
    enabled: true,
    expected: () => configFrom('tutorial'),
    busy: () => false,
    available: plenty,
    times,
    ...options,
  })
  return host
}

/** Waits for a state of the host; fails after 10 s. */
async function eventually<Value>(
  read: () => Promise<Value> | Value,
  good: (value: Value) => boolean,
): Promise<Value> {
  const end = Date.now() + 10_000
  for (;;) {
    const value = await read()
    if (good(value)) return value
    if (Date.now() > end) throw new Error(`still ${JSON.stringify(value)} after 10 s`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

const there = () =>
  eventually(
    () => host.status(),
    (status) => status?.ready === true,
  )
const gone = () =>
  eventually(
    () => host.status(),
    (status) => status === null,
  )

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('a waiting process', () => {
  it('starts when somebody is there, and not before', async () => {
    warmHost()
    host.reconsider()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(await host.status()).toBe(null)
    host.touch()
    const status = await there()
    expect(lives(status!.pid)).toBe(true)
    if (process.platform === 'linux') expect(status!.bytes).toBeGreaterThan(10 * 2 ** 20)
  })

  it('is given to the run that it fits, once, and another one follows', async () => {
    warmHost()
    host.touch()
    const { pid } = (await there())!
    const port = host.take(auto)
    expect(port?.pid).toBe(pid)
    expect(host.take(auto)).toBe(null)
    const next = await there()
    expect(next!.pid).not.toBe(pid)
    port!.kill()
  })

  it('is watched for as long as it waits, and no longer', async () => {
    const watch = 12_345
    const watching = new Set<unknown>()
    const [set, clear] = [setInterval, clearInterval]
    const began = vi.spyOn(globalThis, 'setInterval').mockImplementation(((
      work: () => void,
      every: number,
    ) => {
      const timer = set(work, every)
      if (every === watch) watching.add(timer)
      return timer
    }) as typeof setInterval)
    const ended = vi.spyOn(globalThis, 'clearInterval').mockImplementation((timer) => {
      watching.delete(timer)
      clear(timer)
    })
    try {
      warmHost({ times: { ...times, watch } })
      host.touch()
      for (let run = 0; run < 2; run++) {
        await there()
        expect(watching.size).toBe(1)
        host.take(auto)!.kill()
        expect(watching.size).toBe(0)
      }
    } finally {
      began.mockRestore()
      ended.mockRestore()
    }
  })

  it('is not given to a run of another backend or other threads', async () => {
    warmHost()
    host.touch()
    await there() // it said: js, 1 thread
    expect(host.take({ backend: 'wasm', threads: 0 })).toBe(null)
    expect(host.take({ backend: 'auto', threads: 2 })).toBe(null)
    const port = host.take({ backend: 'js', threads: 1 })
    expect(port).not.toBe(null)
    port!.kill()
  })

  it('is thrown away when the settings to come need another library', async () => {
    warmHost()
    host.touch()
    const { pid } = (await there())!
    host.foresee(configFrom('tutorial', { threads: 2 }))
    const next = await eventually(
      () => host.status(),
      (status) => status !== null && status.pid !== pid && status.ready,
    )
    await eventually(
      () => lives(pid),
      (alive) => !alive,
    )
    expect(next).not.toBe(null)
    expect(host.take(auto)).toBe(null)
    host.take({ backend: 'auto', threads: 2 })!.kill()
  })

  it('is thrown away when the native runtime has been replaced since it began', async () => {
    const runtime = join(folder, 'runtime')
    mkdirSync(runtime)
    const platform = `${process.platform}-${process.arch}`
    const install = (version: string) =>
      writeInstalled(runtime, {
        format: 1,
        variant: 'cpu',
        platform,
        version,
        packages: [],
        files: {},
        licences: [],
        compiler: '',
      })
    process.env['LATENT_STUDIO_RUNTIME'] = runtime
    try {
      install('1')
      warmHost({ times: { ...times, again: 60_000 } })
      host.touch()
      const { pid } = (await there())!
      install('22')
      expect(host.take(auto)).toBe(null)
      await eventually(
        () => lives(pid),
        (alive) => !alive,
      )
    } finally {
      delete process.env['LATENT_STUDIO_RUNTIME']
    }
  })

  it('is not started where memory is short, and given back when it becomes short', async () => {
    let bytes = 2 ** 30
    warmHost({ available: () => bytes })
    host.touch()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(await host.status()).toBe(null)
    bytes = 2 ** 40
    host.touch()
    const { pid } = (await there())!
    bytes = 2 ** 29
    await gone()
    await eventually(
      () => lives(pid),
      (alive) => !alive,
    )
  })

  it('is given back when nobody has been there for long', async () => {
    warmHost({ times: { ...times, idle: 500 } })
    host.touch()
    const { pid } = (await eventually(
      () => host.status(),
      (status) => status !== null,
    ))!
    await gone()
    await eventually(
      () => lives(pid),
      (alive) => !alive,
    )
  })

  it('that ends by itself is not started again and again', async () => {
    warmHost()
    host.touch()
    const { pid } = (await there())!
    process.kill(pid, 'SIGKILL')
    await gone()
    host.touch()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(await host.status()).toBe(null)
  })

  it('is never started where it is not wanted, as by a command', async () => {
    warmHost({ enabled: false })
    host.touch()
    host.foresee(configFrom('tutorial'))
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(await host.status()).toBe(null)
  })

  it('ends with the studio', async () => {
    warmHost()
    host.touch()
    const { pid } = (await there())!
    host.close()
    await eventually(
      () => lives(pid),
      (alive) => !alive,
    )
  })
})

it('a run in a studio takes the process that waits, and the status names it', async () => {
  warmHost({ enabled: false })
  const scripted = await scriptedStudio({ warm: true })
  try {
    const { client } = scripted
    const { warm } = await eventually(
      () => client.system.status(),
      (status) => status.warm?.ready === true,
    )
    const { id } = await startScript(client, scripts.wellBehaved)
    const run = await until(client, id, ['finished'])
    expect(run.step).toBe(300)
    expect(lives(warm!.pid) && (await client.system.status()).warm?.pid === warm!.pid).toBe(false)
  } finally {
    await scripted.end()
  }
})
