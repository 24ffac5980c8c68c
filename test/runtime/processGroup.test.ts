// Programs that start programs are ended as a whole, and nobody waits for what they left behind.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect } from 'vitest'
import { fetchWheel } from '../../main/runtime/pip.ts'
import { findPython, output } from '../../main/runtime/python.ts'
import { needing } from '../kit/needing.ts'

let folder: string
beforeEach(() => void (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'latent-process-'))))
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

/**
 * A python3 that is a script; the program that it starts writes its process's number into a file.
 */
function wrapper(body: string): string {
  const command = path.join(folder, 'python3')
  fs.writeFileSync(command, `#!/bin/sh\n${body}\n`, { mode: 0o755 })
  return command
}
const started = () => path.join(folder, 'started')
const sleeper = () =>
  `sh -c 'echo $$ > ${started()}.new; mv ${started()}.new ${started()}; exec sleep 1000'; true`
const environment = () => ({ PATH: `${folder}:${process.env['PATH']}` })
const only = () => ({ PATH: folder })

async function untilStarted(): Promise<number> {
  while (!fs.existsSync(started())) await sleep(10)
  return Number(fs.readFileSync(started(), 'utf8'))
}

/** Resolves once it is gone. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0)
    } catch {
      return
    }
    // nobody has asked yet how it ended
    if (
      fs.existsSync(`/proc/${pid}/stat`) &&
      /\) Z /.test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'))
    )
      return
    await sleep(10)
  }
}

const { test } = needing(
  process.platform === 'win32'
    ? 'Windows has no groups of processes, and no scripts of a shell'
    : undefined,
)

test('a Python that does not answer in time is ended with what it started', async () => {
  wrapper(`PATH=${process.env['PATH']}; ${sleeper()}`)
  await expect(findPython(only(), undefined, 500)).rejects.toMatchObject({
    data: { tried: [`${folder}/python3: it does not run (no answer)`] },
  })
  await gone(await untilStarted())
})

test('cancelling ends it too, also where the termination is ignored', async () => {
  for (const body of [sleeper(), `trap '' TERM; ${sleeper()}`]) {
    wrapper(`PATH=${process.env['PATH']}; ${body}`)
    const cancel = new AbortController()
    const found = findPython(only(), cancel.signal)
    const pid = await untilStarted()
    cancel.abort()
    await expect(found).rejects.toMatchObject({ code: 'cancelled' })
    await gone(pid)
    fs.rmSync(started())
  }
})

test('cancelling ends the Python that downloads, and what it started', async () => {
  const command = wrapper(sleeper())
  const cancel = new AbortController()
  const wheel = {
    project: 'a',
    version: '1',
    python: '3.12',
    abi: 'cp312',
    platform: 'any',
    bytes: 1,
    sha256: '',
  }
  const python = { command, flags: [], version: '' }
  const settings = { onBytes: () => undefined, signal: cancel.signal, environment: environment() }
  const fetched = fetchWheel(
    python,
    wheel as unknown as Parameters<typeof fetchWheel>[1],
    path.join(folder, 'part'),
    settings,
  )
  const pid = await untilStarted()
  cancel.abort()
  await expect(fetched).rejects.toMatchObject({ code: 'cancelled' })
  await gone(pid)
})

test('a program that ends well is not waited for longer because what it started goes on', async () => {
  const command = wrapper(
    `echo said; (${sleeper()}) &\nwhile [ ! -e ${started()} ]; do sleep 0.01; done; exit 3`,
  )
  expect(await output(command, [], environment())).toEqual({ code: 3, text: 'said\n' })
  process.kill(await untilStarted(), 'SIGKILL')
})

test('it ends with our process, whose signals it does not get', async () => {
  const command = wrapper(sleeper())
  const module = path.resolve(import.meta.dirname, '../../main/runtime/python.ts')
  const script = `import { existsSync } from 'node:fs'
    import { output } from ${JSON.stringify(module)}
    void output(${JSON.stringify(command)}, [], process.env)
    setInterval(() => existsSync(${JSON.stringify(started())}) && process.exit(0), 10)`
  spawnSync(process.execPath, ['--input-type=module', '-e', script])
  await gone(await untilStarted())
})

test('one that cannot be started says so', async () => {
  expect(await output(path.join(folder, 'missing'), [], environment())).toEqual({
    code: null,
    text: expect.stringContaining('ENOENT') as string,
  })
})
