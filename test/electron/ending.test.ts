// Quitting with runs in training by the real host program, as utility processes: a checkpoint
// first, 5 s at most, and what did not make it goes on after the next start. Also the ladder, whose
// throw-away processes main starts for hosts.
import { EventEmitter } from 'node:events'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Client } from '../../preload/contract/client.ts'
import { endInOrder } from '../../main/ending.ts'
import { createStudio } from '../../main/studio.ts'
import { forkNode } from '../../main/service/launch.ts'
import { until } from '../service/scriptedStudio.ts'
import { endAll, expectEnded, loadPage, startProgram, type Program } from './program.ts'

afterEach(endAll)

const ended = ({ state }: Program) =>
  vi.waitFor(() => expectEnded(state), { timeout: 15_000, interval: 10 })

async function train(client: Client): Promise<string> {
  const config = { length: 1_000_000, lengthUnit: 'steps' }
  const { id } = await client.runs.create({ config, preset: 'tutorial' })
  await until(client, id, ['running'], 60_000, 1)
  return id
}

/** What the data folder holds once the program has gone. */
async function afterwards<T>(folder: string, look: (client: Client) => Promise<T>): Promise<T> {
  const studio = await createStudio({
    dataFolder: folder,
    cacheFolder: folder,
    fork: forkNode(),
    shell: 'cli',
    pages: new Map(),
  })
  try {
    return await look(studio.connect())
  } finally {
    await studio.close()
  }
}

describe('quitting', () => {
  it('stops a run with a checkpoint, however often it is asked for meanwhile', async () => {
    const program = await startProgram()
    const run = await train((await loadPage(program)).client)
    const { app } = program.electron
    app.quit()
    app.quit()
    program.window.close()
    expect(program.state.exited).toBeNull()
    await ended(program)
    expect(program.state.exited).toBe(0)
    const [found, checkpoints] = await afterwards(program.folder, (client) =>
      Promise.all([client.runs.get({ run }), client.runs.checkpoints({ run })]),
    )
    expect(found.status).toBe('stopped')
    expect(found.step).toBeGreaterThan(0)
    expect(checkpoints.at(-1)).toMatchObject({ step: found.step, reason: 'stop' })
  })

  it('waits for a trainer that does not answer 5 s at most; the run goes on after the next start', async () => {
    const program = await startProgram()
    const { client } = await loadPage(program)
    const run = await train(client)
    // a pause leaves a checkpoint to go on from, a moment after it answered
    const { step } = await client.runs.pause({ run })
    await expect
      .poll(async () => (await client.runs.checkpoints({ run })).map((each) => each.step), {
        timeout: 10_000,
      })
      .toContain(step)
    await client.runs.resume({ run })
    const trainer = [...program.state.children].map(
      (child) => child as unknown as { pid: number; serviceName: string },
    )
    for (const { pid, serviceName } of trainer)
      if (serviceName.endsWith('trainer')) process.kill(pid, 'SIGSTOP')
    program.electron.app.quit()
    await ended(program)
    await afterwards(program.folder, async (client) => {
      expect((await client.runs.get({ run })).status).toBe('interrupted')
      expect((await client.runs.checkpoints({ run })).map((each) => each.step)).toContain(step)
      await client.runs.resume({ run })
      await until(client, run, ['running'], 60_000, step + 1)
    })
  })
})

it('nothing that closes holds the end up for longer than the limit, and an error does not either', async () => {
  const ends: string[] = []
  const app = Object.assign(new EventEmitter(), {
    quit: () => void ends.push('quit'),
    exit: () => void ends.push('exit'),
  })
  const prevented = vi.fn()
  const ending = endInOrder(app, () => new Promise(() => undefined), 20)
  expect(ending.begun).toBe(false)
  app.emit('before-quit', { preventDefault: prevented })
  app.emit('before-quit', { preventDefault: prevented })
  expect([ending.begun, prevented.mock.calls.length, ends]).toEqual([true, 2, []])
  await vi.waitFor(() => expect(ends).toEqual(['exit']))

  const failing = Object.assign(new EventEmitter(), {
    quit: () => void ends.push('quit'),
    exit: () => void ends.push('exit'),
  })
  endInOrder(failing, () => Promise.reject(new Error('no')), 60_000)
  failing.emit('before-quit', { preventDefault: prevented })
  await vi.waitFor(() => expect(ends).toEqual(['exit', 'quit']))
})

it('a host tries its rungs in throw-away processes that main starts for it', async () => {
  const program = await startProgram()
  const { client } = await loadPage(program)
  const { active, ladder } = await client.system.backends({ force: true })
  expect(active).toBe('wasm')
  expect(ladder.filter(({ ok }) => ok).map(({ rung }) => rung)).toEqual(['wasm', 'js'])
  const { forked } = await import('./fakeProcess.ts')
  const names = forked.map(({ serviceName }) => serviceName)
  expect(names.filter((name) => name === 'Latent Studio viewer')).toHaveLength(1)
  // the trainer that waits for a run may have begun its own checks, one for each rung that can be
  // tried here
  const checks = names.filter((name) => name === 'Latent Studio check').length
  expect(names.includes('Latent Studio trainer') ? [2, 3, 4] : [2]).toContain(checks)
  expect(new Set(names)).toEqual(
    new Set([
      ...names.filter((name) => name === 'Latent Studio trainer'),
      'Latent Studio check',
      'Latent Studio viewer',
    ]),
  )
})
