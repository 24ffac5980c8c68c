// Stopping a run that is still being prepared: there is nothing to save, and nobody waits for its
// trainer.
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defaultLimits, type Context } from '../../main/service/context.ts'
import { stopAll } from '../../main/service/control.ts'
import { forkNode } from '../../main/service/launch.ts'
import { scripts } from './scriptedHost.ts'
import { scriptedStudio, startScript, until, type Scripted } from './scriptedStudio.ts'

let scripted: Scripted
beforeEach(async () => void (scripted = await scriptedStudio()))
afterEach(() => scripted.end())

describe('a trainer', () => {
  it('that is not ready yet is stopped at once, and its run stopped in order', async () => {
    const { client } = scripted
    const { id } = await startScript(client, scripts.neverReady)
    const run = await client.runs.stop({ run: id })
    expect(run).toMatchObject({ status: 'stopped', step: 0 })
    expect(run.statusReason).toBe(
      'Stopped before training began. Resume the run to continue from step 0.',
    )
  })

  it('that a signal to our whole group ends before it is ready leaves its run stopped', async () => {
    const pids: number[] = []
    const fork = forkNode(join(import.meta.dirname, 'scriptedHost.ts'))
    const other = await scriptedStudio({
      fork(role) {
        const port = fork(role)
        pids.push(port.pid!)
        return port
      },
    })
    const { id } = await startScript(other.client, scripts.neverReady)
    process.kill(pids[0]!, 'SIGHUP')
    expect(await until(other.client, id, ['stopped', 'interrupted'])).toMatchObject({
      status: 'stopped',
      step: 0,
    })
    await other.end()
  })
})

describe('the end of the program', () => {
  it('waits for a run that is launched again while it waits', async () => {
    const stopped: string[] = []
    const trainers = new Map<string, unknown>()
    const context = {
      closing: false,
      trainers,
      launching: new Set<string>(),
      limits: defaultLimits,
    } as unknown as Context
    // its backend fails as it is asked to stop: it is launched again, and that finds that the
    // program closes
    const trainer = {
      state: 'preparing',
      stop() {
        trainers.delete('a')
        context.launching.add('a')
        setTimeout(() => {
          stopped.push('a')
          context.launching.delete('a')
        }, 50)
      },
      reached: () => Promise.resolve(true),
      abandon: () => undefined,
    }
    trainers.set('a', trainer)
    await stopAll(context)
    expect(stopped).toEqual(['a'])
  })

  it('starts no process for the next run', async () => {
    const fork = forkNode(join(import.meta.dirname, 'scriptedHost.ts'))
    let forks = 0
    const other = await scriptedStudio({
      warm: true,
      limits: { closing: 1000 },
      fork: (role) => (forks++, fork(role)),
    })
    const { id } = await startScript(other.client, scripts.deaf, 1_000_000)
    await until(other.client, id, ['running'])
    await startScript(other.client, scripts.neverReady)
    const before = forks
    await other.end() // waits for the deaf one for longer than it takes to think of the next run
    expect(forks).toBe(before)
  })

  it('stops a run that is being prepared', async () => {
    const { id } = await startScript(scripted.client, scripts.neverReady)
    await scripted.reopen()
    expect(await scripted.client.runs.get({ run: id })).toMatchObject({
      status: 'stopped',
      step: 0,
    })
  })
})
