// Processes die, hang and refuse; the run's status always says so, and it can go on.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { floatsOf } from '../../preload/contract/bytes.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import type { Checkpoint } from '../../preload/contract/records.ts'
import { scripts } from './scriptedHost.ts'
import { scriptedStudio, startScript, until, type Scripted } from './scriptedStudio.ts'

let scripted: Scripted
beforeEach(async () => {
  scripted = await scriptedStudio({
    limits: { trainingSilence: 1500, preparingSilence: 1500, command: 1000, closing: 1500 },
  })
})
afterEach(() => scripted.end())

const eventTexts = async (run: string) =>
  (await scripted.client.runs.events({ run })).map((event) => `${event.kind} ${event.text}`)

describe('a configuration', () => {
  it('of more steps than can be counted is refused before there is a run', async () => {
    const { client } = scripted
    const config = { length: 10_000_000, lengthUnit: 'epochs', batchSize: 1 }
    await expect(client.runs.create({ config })).rejects.toMatchObject({
      code: 'bad-config',
      data: {
        problems: [
          {
            key: 'length',
            message: expect.stringMatching(
              /at most 100,000,000 steps, found 550,000,000,000/,
            ) as string,
          },
        ],
      },
    })
    expect(await client.runs.list({})).toEqual([])
  })
})

describe('a trainer', () => {
  it('that does its work ends finished, with every step stored', async () => {
    const { client } = scripted
    const { id } = await startScript(client, scripts.wellBehaved)
    const run = await until(client, id, ['finished'])
    expect(run).toMatchObject({
      step: 300,
      totalSteps: 300,
      statusReason: '',
      backend: 'js',
      mode: 'eager',
    })
    expect(run.last?.kl).toBe(300)
    const series = await client.runs.metrics({ run: id, points: 1000 })
    const values = floatsOf(series.data)
    expect(series).toMatchObject({ firstStep: 1, stepsPerPoint: 1, count: 300 })
    expect([...values.subarray(300, 600)]).toEqual(
      Array.from({ length: 300 }, (_, index) => index + 1),
    )
    expect(
      (await client.runs.checkpoints({ run: id })).map(({ step, reason }) => [step, reason]),
    ).toContainEqual([300, 'end'])
  })

  it('that crashes leaves an interrupted run with the reason, and resume goes on from its checkpoint', async () => {
    const { client } = scripted
    const { id } = await startScript(client, scripts.crash)
    const run = await until(client, id, ['interrupted'])
    expect(run.statusReason).toMatch(/exit code 3: Error: the script says so/)
    expect(run.statusReason).toContain('from step 100')
    expect(run.statusReason).not.toContain('at a line of a stack')
    await client.runs.resume({ run: id })
    const again = await until(client, id, ['interrupted'])
    expect(again.step).toBe(150)
    expect(await eventTexts(id)).toContain(
      'replayed Continues from step 100; 50 later steps are computed again.',
    )
  })

  it('that says nothing any more is ended and its run interrupted', async () => {
    const { client } = scripted
    const { id } = await startScript(client, scripts.silent)
    const run = await until(client, id, ['interrupted'])
    expect(run.statusReason).toMatch(/did not respond for 2 s and was terminated/)
    expect(run.step).toBe(50)
  })

  it('that never gets ready is ended too', async () => {
    const { client } = scripted
    const { id } = await startScript(client, scripts.neverReady)
    expect((await until(client, id, ['interrupted'])).statusReason).toMatch(/did not respond for/)
  })

  it('that was to pause once it is ready does not, when that is taken back before', async () => {
    const { client } = scripted
    const { id } = await startScript(client, scripts.neverReady)
    await expect(client.runs.resume({ run: id })).rejects.toMatchObject({ code: 'wrong-state' })
    expect((await client.runs.pause({ run: id })).status).toBe('preparing')
    expect((await client.runs.resume({ run: id })).status).toBe('preparing')
    await expect(client.runs.resume({ run: id })).rejects.toMatchObject({ code: 'wrong-state' })
  })

  it('is found by the longest name that a run can have', async () => {
    const { client } = scripted
    const name = 'n'.repeat(200)
    const { id } = await startScript(client, scripts.fails, 300, name)
    expect((await client.runs.get({ run: name })).id).toBe(id)
    await expect(client.runs.rename({ run: id, name: `${name}n` })).rejects.toMatchObject({
      code: 'bad-input',
    })
  })

  it('killed from outside is named by its signal', async () => {
    const { client } = scripted
    const { id } = await startScript(client, scripts.wellBehaved, 100_000)
    await until(client, id, ['running'], 10_000, 30)
    await expect(client.latent.decode({ run: id, z: [[66, 0]] })).rejects.toMatchObject({
      code: expect.stringMatching(/host-failed|wrong-state/),
    })
    expect((await until(client, id, ['interrupted'])).statusReason).toMatch(/killed by SIGKILL/)
  })

  it('that fails to prepare leaves a failed run with its sentence', async () => {
    const { client } = scripted
    const { id } = await startScript(client, scripts.fails)
    expect((await until(client, id, ['failed'])).statusReason).toBe(
      'Expected a backend, found none. Install one.',
    )
  })

  it('that dies or fails while it loads a backend goes on with the next one, and says why', async () => {
    const { client } = scripted
    const { id } = await startScript(client, scripts.badBackends)
    await until(client, id, ['finished'])
    expect(await eventTexts(id)).toEqual(
      expect.arrayContaining([
        'note The backend tensorflow could not be used: its process ended: exit code 1: F0000 00:00:17.8 1 flags.cc:2] Unknown flag. Using the next one.',
        'note The backend wasm could not be used: no room for it. Using the next one.',
        expect.stringContaining('started Started on js') as string,
      ]),
    )
  })

  it('that cannot load the backend asked for fails with the reason', async () => {
    const { client } = scripted
    for (const [backend, reason] of [
      ['tensorflow', 'its process ended: exit code 1'],
      ['wasm', 'no room for it'],
    ] as const) {
      const config = { seed: scripts.badBackends, backend, length: 300, lengthUnit: 'steps' }
      const { id } = await client.runs.create({ config })
      const { statusReason } = await until(client, id, ['failed'])
      expect(statusReason).toContain(`The backend ${backend} does not work here (${reason}`)
      expect(statusReason).toContain('Choose another backend')
    }
  })

  it('that is to pause before its backend failed waits on the next one', async () => {
    const { client } = scripted
    const { id } = await startScript(client, scripts.badBackends)
    await client.runs.pause({ run: id })
    expect((await until(client, id, ['paused'])).backend).toBe('js')
    await client.runs.resume({ run: id })
    await until(client, id, ['finished'])
  })

  it('that diverges keeps its last checkpoint, and resume says why not', async () => {
    const { client } = scripted
    const { id } = await startScript(client, scripts.diverges)
    const run = await until(client, id, ['diverged'])
    expect(run.statusReason).toBe('kl is NaN at step 120')
    expect((await client.runs.checkpoints({ run: id })).map(({ step }) => step)).toEqual([100])
    await expect(client.runs.resume({ run: id })).rejects.toMatchObject({
      code: 'wrong-state',
      message: expect.stringContaining('lower learning rate'),
    })
  })

  it('that does not stop is ended after a while', async () => {
    const { client } = scripted
    const { id } = await startScript(client, scripts.deaf, 100_000)
    await until(client, id, ['running'], 10_000, 150)
    const run = await client.runs.stop({ run: id })
    expect(run.status).toBe('interrupted')
    expect(run.statusReason).toMatch(/did not stop within 1 s.*from step \d+00/)
  })
})

describe('a damaged checkpoint', () => {
  const stopAt200 = async () => {
    const { client } = scripted
    const { id } = await startScript(client, scripts.refusesStep200, 100_000)
    await until(client, id, ['running'], 10_000, 250)
    await client.runs.stop({ run: id })
    const checkpoints = await client.runs.checkpoints({ run: id })
    return { id, checkpoints }
  }

  it('on disk is marked, said, and the one before is used', async () => {
    const { client, folder } = scripted
    const { id, checkpoints } = await stopAt200()
    expect(checkpoints.map(({ step }) => step)).toEqual([100, 200, 250])
    const newest = checkpoints[2] as Checkpoint
    for (const { step, file } of checkpoints)
      if (step > 100) writeFileSync(join(folder, 'runs', id, file), 'something else')
    await client.runs.resume({ run: id })
    await until(client, id, ['running'])
    const texts = await eventTexts(id)
    expect(texts).toContainEqual(
      expect.stringContaining(
        `checkpoint-damaged The checkpoint of step ${newest.step} cannot be used: expected sha256`,
      ),
    )
    expect(texts.filter((text) => text.startsWith('resumed')).at(-1)).toContain('from step 100')
    expect(
      (await client.runs.checkpoints({ run: id })).find(({ file }) => file === newest.file)?.usable,
    ).toBe(false)
  })

  it('that only the host can tell is marked, and the one before is used', async () => {
    const { client, folder } = scripted
    const { id, checkpoints } = await stopAt200()
    for (const { step, file } of checkpoints)
      if (step > 200) writeFileSync(join(folder, 'runs', id, file), 'something else')
    await client.runs.resume({ run: id })
    await until(client, id, ['running'])
    const texts = await eventTexts(id)
    expect(texts).toContainEqual(
      expect.stringContaining('step 200 cannot be used: its weights are no weights.'),
    )
    expect(texts.filter((text) => text.startsWith('resumed')).at(-1)).toContain('from step 100')
  })
})

describe('the viewer', () => {
  it('that dies fails what it was asked, and the next question starts another', async () => {
    const { client } = scripted
    const { id } = await startScript(client, scripts.wellBehaved)
    await until(client, id, ['finished'])
    const waiting = client.latent.decode({ run: id, z: [[99, 0]] })
    const deadly = client.latent.decode({ run: id, z: [[66, 0]] })
    const failures = await Promise.allSettled([waiting, deadly])
    for (const failure of failures) {
      const error = failure.status === 'rejected' ? (failure.reason as StudioError) : null
      expect(error).toBeInstanceOf(StudioError)
      expect(error).toMatchObject({
        code: 'host-failed',
        message: expect.stringContaining('killed by SIGKILL'),
      })
    }
    const image = await client.latent.decode({ run: id, z: [[0, 0]] })
    expect(image).toMatchObject({ step: 300, live: false, count: 1 })
  })

  const never = { z: [[99, 0]] } // a point that the scripted host does not answer

  it('refuses questions beyond its queue instead of growing', async () => {
    const { id } = await startScript(scripted.client, scripts.wellBehaved, 100)
    await until(scripted.client, id, ['finished'])
    // one has been answered, so that room is held for what it needs
    await scripted.client.latent.decode({ run: id, z: [[0, 0]] })
    const cancel = new AbortController()
    // one client has only so many under way
    const clients = Array.from({ length: 7 }, () => scripted.studio.connect())
    const questions = clients.flatMap((client) =>
      Array.from({ length: 10 }, () =>
        client.latent
          .decode({ run: id, ...never }, { signal: cancel.signal })
          .catch((error: StudioError) => error.code),
      ),
    )
    let refused = 0
    for (const question of questions)
      void question.then((code) => (refused += code === 'busy' ? 1 : 0))
    await expect.poll(() => refused, { timeout: 10_000 }).toBe(6)
    cancel.abort()
    expect((await Promise.all(questions)).filter((code) => code === 'cancelled')).toHaveLength(64)
  })
})

describe('the end of the program', () => {
  it('stops runs with a checkpoint; the next owner finds them stopped and resumes them', async () => {
    const { id } = await startScript(scripted.client, scripts.wellBehaved, 1000)
    await until(scripted.client, id, ['running'], 10_000, 50)
    await scripted.reopen()
    const run = await scripted.client.runs.get({ run: id })
    expect(run).toMatchObject({
      status: 'stopped',
      statusReason: expect.stringContaining('closed'),
    })
    const stopped = (await scripted.client.runs.checkpoints({ run: id })).at(-1)
    expect(stopped).toMatchObject({ reason: 'stop', step: run.step })
    await scripted.client.runs.resume({ run: id })
    expect((await until(scripted.client, id, ['finished'])).step).toBe(1000)
  })

  it('does not wait for a deaf trainer', async () => {
    const { id } = await startScript(scripted.client, scripts.deaf, 100_000)
    await until(scripted.client, id, ['running'], 10_000, 20)
    const before = Date.now()
    await scripted.reopen()
    expect(Date.now() - before).toBeLessThan(5000)
    expect((await scripted.client.runs.get({ run: id })).status).toBe('interrupted')
  })
})
