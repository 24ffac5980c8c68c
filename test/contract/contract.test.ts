// One suite for every carrier: what a client sees of the contract must not depend on what lies
// between.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { floatsOf } from '../../preload/contract/bytes.ts'
import { maxMessageBytes, type Client } from '../../preload/contract/client.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import type { Job } from '../../preload/contract/jobs.ts'
import type { RunUpdate } from '../../preload/contract/records.ts'
import { followed } from '../kit/job.ts'
import { scripts } from '../service/scriptedHost.ts'
import { scriptedStudio, startScript, until, type Scripted } from '../service/scriptedStudio.ts'
import { carriers, type Connected } from './carriers.ts'

let scripted: Scripted
let finished: string
beforeAll(async () => {
  scripted = await scriptedStudio()
  finished = (await startScript(scripted.client, scripts.wellBehaved, 300, 'the finished one')).id
  await until(scripted.client, finished, ['finished'])
})
afterAll(() => scripted.end())

const failure = async (call: Promise<unknown>): Promise<StudioError> => {
  const error: unknown = await call.then(
    (value) => new Error(`expected a failure, found ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(StudioError)
  return error as StudioError
}

describe.each(carriers)('over %s', (_name, connect) => {
  let connected: Connected
  let client: Client
  beforeEach(async () => {
    connected = await connect(scripted.studio)
    client = connected.client
  })
  afterEach(() => connected.close())

  describe('errors', () => {
    it('keep code, message and data', async () => {
      const error = await failure(client.runs.get({ run: 'nobody' }))
      expect(error).toMatchObject({ code: 'not-found', data: { reference: 'nobody' } })
      expect(error.message).toContain('nobody')
    })

    it('list every problem of a configuration', async () => {
      const error = await failure(
        client.runs.create({ config: { latentSize: -1, batchSize: 'many', unheardOf: 1 } }),
      )
      expect(error.code).toBe('bad-config')
      expect((error.data['problems'] as { key: string }[]).map(({ key }) => key)).toEqual([
        'latentSize',
        'batchSize',
        'unheardOf',
      ])
    })

    it.each([
      ['NaN', { learningRate: NaN }, 'learningRate'],
      ['infinity', { beta: Infinity }, 'beta'],
      ['1e9 epochs', { length: 1e9, lengthUnit: 'epochs' }, 'length'],
      ['a batch larger than the data', { batchSize: 60_000 }, 'batchSize'],
      ['a data set that nobody has', { dataset: 'nothing' }, 'dataset'],
    ])('name the setting for %s', async (_what, config, key) => {
      const error = await failure(client.runs.create({ config }))
      expect(error.code).toBe('bad-config')
      expect((error.data['problems'] as { key: string }[]).map((problem) => problem.key)).toEqual([
        key,
      ])
    })

    it('say what does not fit the contract, without a stack', async () => {
      const error = await failure(client.latent.sample({ run: finished, count: 0 }))
      expect(error.code).toBe('bad-input')
      expect(error.message).toContain('count')
      expect(JSON.stringify({ ...error })).not.toMatch(/\.ts:\d+/)
    })

    it('refuse what does not fit the run', async () => {
      expect(await failure(client.latent.decode({ run: finished, z: [[1, 2, 3]] }))).toMatchObject({
        code: 'bad-input',
        message: expect.stringContaining('points of 2 numbers'),
      })
      expect(
        await failure(client.latent.decode({ run: finished, checkpoint: 17, z: [[1, 2]] })),
      ).toMatchObject({
        code: 'not-found',
        data: { steps: expect.arrayContaining([300]) },
      })
      expect(await failure(client.runs.pause({ run: finished }))).toMatchObject({
        code: 'wrong-state',
      })
      expect(await failure(client.runs.resume({ run: finished }))).toMatchObject({
        code: 'wrong-state',
      })
    })

    it('reach the reader of an iterator', async () => {
      const updates = client.runs.follow({ run: 'nobody' })
      expect((await failure(updates)).code).toBe('not-found')
    })

    it('in the middle of an iterator reach its reader, and the connection goes on', async () => {
      const { id } = await client.jobs.start({ kind: 'evaluate', run: finished })
      const follow = await client.jobs.follow({ job: id })
      expect(await follow.next()).toMatchObject({ done: false, value: { status: 'running' } })
      // an analysis that the scripted host never answers
      const answers = await client.analysis.project({ run: finished })
      const rest = failure(answers.next())
      await failure(client.latent.decode({ run: finished, z: [[66, 0]] }))
      expect((await rest).code).toBe('host-failed')
      // the job dies with its process; its follower is told so as an item, not by an error
      let last: Job | undefined
      for await (last of follow);
      expect(last).toMatchObject({ status: 'failed', error: { code: 'host-failed' }, result: null })
      expect((await client.runs.get({ run: finished })).id).toBe(finished)
    })

    it('refuse answers that are too large, and say how to split them', async () => {
      const error = await failure(client.latent.manifold({ run: finished, grid: 60 }))
      expect(error).toMatchObject({ code: 'bad-input', data: { most: 8 } })
      expect(error.message).toContain('at most 8 rows at a time')
    })
  })

  describe('bytes', () => {
    it('come as they are', async () => {
      const {
        pixels: bytes,
        count,
        width,
        height,
      } = await client.data.images({ dataset: 'mnist', split: 'test', first: 0, count: 500 })
      expect([count, width, height]).toEqual([500, 28, 28])
      expect(bytes.length).toBe(500 * 784)
      // the first test image, a seven, as every reader of the files knows it
      expect(bytes.subarray(0, 784).reduce((sum, value) => sum + value, 0)).toBe(18454)
    })

    it('are sent as they are', async () => {
      const pixels = Uint8Array.from({ length: 1000 * 784 }, (_, index) => index % 251)
      const { codes } = await client.latent.encode({
        run: await live(),
        images: { kind: 'pixels', as: 'uint8', count: 1000, pixels: pixels },
      })
      const [sum] = floatsOf(codes)
      expect(sum).toBe(Math.fround(pixels.reduce((total, value) => total + value, 0)))
    })

    const live = async () => {
      const { id } = await startScript(scripted.client, scripts.silent, 100)
      await until(scripted.client, id, ['running'])
      return id
    }
  })

  describe('iterators', () => {
    it('give a whole run in order while it trains', async () => {
      const { id } = await startScript(client, scripts.wellBehaved, 500)
      const updates: RunUpdate[] = []
      let finished = false
      // the row of a finished run may come before the last metrics
      for await (const update of await client.runs.follow({ run: id })) {
        updates.push(update)
        finished ||= update.kind === 'run' && update.run.status === 'finished'
        if (finished && updates.some(({ kind }) => kind === 'metrics')) break
      }
      const later = await client.runs.follow({ run: id, fromStep: 0 })
      const steps: number[] = []
      for await (const update of later) {
        if (update.kind !== 'metrics') continue
        update.columns.kl.forEach((value, index) => {
          expect(value).toBe(update.firstStep + index)
          steps.push(value)
        })
        if (steps.length >= 500) break
      }
      expect(steps).toEqual(Array.from({ length: 500 }, (_, index) => index + 1))
      const kinds = new Set(updates.map(({ kind }) => kind))
      // whether an old checkpoint makes room depends on when the follower came
      kinds.delete('checkpoint-removed')
      expect([...kinds].sort()).toEqual([
        'checkpoint',
        'event',
        'frame',
        'metrics',
        'run',
        'validation',
      ])
    })

    it('tell a watcher of every run that changes', async () => {
      const watch = await client.runs.watch()
      await client.runs.rename({ run: finished, name: `renamed over ${_name}` })
      for await (const update of watch)
        if (update.kind === 'run' && update.run.name === `renamed over ${_name}`) break
      expect((await client.runs.events({ run: finished })).at(-1)?.kind).toBe('renamed')
    })

    it('end for a reader that leaves while it waits', async () => {
      const watch = await client.runs.watch()
      const waiting = watch.next()
      await watch.return?.()
      expect(await waiting).toMatchObject({ done: true })
      expect((await client.runs.get({ run: finished })).id).toBe(finished)
    })

    it('of a job bring progress, then its end last', async () => {
      const jobs = await followed(client, { kind: 'evaluate', run: finished })
      expect(jobs.filter(({ status }) => status === 'done')).toHaveLength(1)
      expect(jobs.at(-1)).toMatchObject({
        status: 'done',
        result: { evaluation: { negativeElbo: 3 } },
        progress: null,
      })
      expect(
        jobs.filter(({ progress }) => progress?.stage === 'Evaluating').length,
      ).toBeGreaterThan(0)
    })
  })

  describe('cancelling', () => {
    const cancelledJobs = async () =>
      Number.parseInt((await client.system.backends({})).ladder[0]!.reason)

    it('a job reaches the process that works on it, and leaving its follower does not', async () => {
      const before = await cancelledJobs()
      const { id } = await client.jobs.start({ kind: 'evaluate', run: finished })
      const follow = await client.jobs.follow({ job: id })
      // so that the process knows of it
      let told = await follow.next()
      while (!told.done && told.value.progress?.stage !== 'Evaluating') told = await follow.next()
      await follow.return?.()
      expect(await client.jobs.get({ job: id })).toMatchObject({ status: 'running' })
      expect(await client.jobs.cancel({ job: id })).toMatchObject({
        status: 'cancelled',
        error: null,
        result: null,
      })
      await expect.poll(cancelledJobs, { timeout: 5000 }).toBe(before + 1)
    })

    it('a call by its signal settles it at once', async () => {
      const abort = new AbortController()
      const call = client.latent.decode({ run: finished, z: [[99, 0]] }, { signal: abort.signal })
      setTimeout(() => abort.abort(), 50)
      expect((await failure(call)).code).toBe('cancelled')
    })

    it('by closing the connection fails what waits, as lost', async () => {
      const call = client.latent.decode({ run: finished, z: [[99, 0]] })
      setTimeout(() => connected.close(), 50)
      const error = await failure(call)
      expect(error).toMatchObject({ code: 'host-failed', data: { disconnected: true } })
    })

    it('by closing the connection fails what is asked afterwards too, instead of waiting for ever', async () => {
      const call = client.latent.decode({ run: finished, z: [[99, 0]] })
      connected.close()
      await failure(call)
      for (const ask of [() => client.runs.get({ run: finished }), () => client.runs.watch()])
        expect(await failure(ask())).toMatchObject({
          code: 'host-failed',
          data: { disconnected: true },
        })
    })
  })

  it('the shell of a browser or a command has no dialogs, and nothing happens outside the page', async () => {
    expect(await client.desktop.info()).toEqual({ shell: 'serve', dialogs: false })
    expect(await client.desktop.openLink({ link: 'vaePaper' })).toEqual({ opened: false })
    expect(await client.desktop.saveDialog({ name: 'a.onnx' })).toEqual({ kind: 'no-dialog' })
    expect(await client.desktop.openDialog({})).toEqual({ kind: 'no-dialog' })
    const events = await client.desktop.watch()
    await events.return?.()
  })

  describe('size', () => {
    it('of a request over the limit is refused before it is sent, and the connection goes on', async () => {
      const count = Math.ceil(maxMessageBytes / 784) + 1
      const pixels = new Uint8Array(count * 784)
      const error = await failure(
        client.latent.encode({
          run: finished,
          images: { kind: 'pixels', as: 'uint8', count, pixels },
        }),
      )
      expect(error).toMatchObject({ code: 'bad-input', data: { limit: maxMessageBytes } })
      expect((await client.runs.get({ run: finished })).id).toBe(finished)
    })

    it('of a message over the limit ends the connection that sent it, and no other', async () => {
      await connected.sendRaw(new Uint8Array(maxMessageBytes + 1))
      await connected.sendRaw('x'.repeat(maxMessageBytes + 1))
      expect((await client.runs.get({ run: finished })).id).toBe(finished)
    })

    it('nonsense ends the connection that sent it, and no other', async () => {
      await connected.sendRaw('no request at all')
      expect((await client.runs.get({ run: finished })).id).toBe(finished)
    })
  })
})
