// Floods of questions to a server with a run in training; the long version is `npm run soak --
// flood`.
import { MessageChannel } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { socketUrl } from '../../main/studio.ts'
import { most } from '../../main/transport/requestLimits.ts'
import type { Port } from '../../main/transport/port.ts'
import { scripts } from '../service/scriptedHost.ts'
import { scriptedStudio, startScript, until, type Scripted } from '../service/scriptedStudio.ts'
import { check, flood, images, withTraining } from '../soak/flood.ts'

describe('a server', () => {
  it('answers every question of a flood, keeps its memory, and trains on', async () => {
    const figures = await withTraining('real', async (_server, address) => {
      const fast = await flood(address, { question: images, count: 100, reading: 'fast' })
      const slow = await flood(address, {
        question: images,
        count: 5,
        connections: 4,
        reading: 'slow',
      })
      expect(slow).toMatchObject({ asked: 20, answered: 20, refused: {}, dropped: 0 })
      return fast
    })
    console.log(`flood: ${JSON.stringify(figures)}`)
    check(figures, 'fast')
    expect(figures).toMatchObject({ asked: 100, answered: 100, refused: {}, dropped: 0 })
  }, 240_000)
})

describe('a studio', () => {
  let scripted: Scripted
  let run: string
  beforeAll(async () => {
    scripted = await scriptedStudio({ limits: { reading: 1000 } })
    run = (await startScript(scripted.client, scripts.wellBehaved, 300)).id
    await until(scripted.client, run, ['finished'], 30_000)
  }, 40_000)
  afterAll(() => scripted.end())

  it('refuses streams past their bound, and takes others when some have ended', async () => {
    const client = scripted.studio.connect()
    const streams = await Promise.allSettled(
      Array.from({ length: most.streams + 30 }, () => client.runs.watch()),
    )
    const open = streams.flatMap((stream) => (stream.status === 'fulfilled' ? [stream.value] : []))
    const refused = streams.flatMap((stream) =>
      stream.status === 'rejected' ? [stream.reason as unknown] : [],
    )
    expect([open.length, refused.length]).toEqual([most.streams, 30])
    expect(refused[0]).toMatchObject({
      code: 'busy',
      message: expect.stringContaining('Close some'),
    })
    await Promise.all(open.slice(0, 10).map((stream) => stream.return?.()))
    expect((await client.runs.get({ run })).id).toBe(run)
    await expect
      .poll(
        () =>
          client.runs.watch().then(
            () => 'open',
            () => 'refused',
          ),
        { timeout: 10_000 },
      )
      .toBe('open')
  }, 30_000)

  it('makes no answers for a port that nobody reads', async () => {
    const { port1, port2 } = new MessageChannel()
    scripted.studio.attach(port1 as unknown as Port)
    let answers = 0
    port2.on('message', () => (answers += 1))
    for (let id = 0; id < 100; id += 1)
      port2.postMessage(
        JSON.stringify({ i: String(id), p: { u: images.path, b: { json: images.input } } }),
      )
    await expect.poll(() => answers, { timeout: 30_000 }).toBeGreaterThan(0)
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(answers).toBeLessThanOrEqual(most.questions)
    // told how many were received, it goes on
    const taking = setInterval(() => port2.postMessage(answers), 1)
    await expect.poll(() => answers, { timeout: 30_000 }).toBe(100)
    clearInterval(taking)
    port2.close()
  }, 60_000)

  it('drops those who do not read, and answers others meanwhile', async () => {
    const options = { question: images, count: 300, connections: 6, reading: 'never' } as const
    const silent = flood(socketUrl(scripted.studio), options)
    const client = scripted.studio.connect()
    for (let count = 0; count < 10; count += 1)
      expect((await client.data.images(imagesInput)).count).toBe(500)
    expect(await silent).toMatchObject({
      dropped: 6,
      answered: expect.toSatisfy((count: number) => count < 600),
    })
  }, 60_000)

  it('ends a connection that sends a stream, which no procedure takes', async () => {
    const { port1, port2 } = new MessageChannel()
    scripted.studio.attach(port1 as unknown as Port)
    // a port that is not read does not say that it was closed
    const closed = new Promise<void>((resolve) =>
      port2.on('message', () => undefined).once('close', () => resolve()),
    )
    port2.postMessage(
      JSON.stringify({ i: '1', p: { u: '/runs/get', h: { 'content-type': 'text/event-stream' } } }),
    )
    port2.postMessage(JSON.stringify({ i: '1', t: 3, p: { e: 'message', d: 'x'.repeat(1000) } }))
    await closed
  })
})

const imagesInput = { dataset: 'mnist', split: 'test', first: 0, count: 500 } as const
