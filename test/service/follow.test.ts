// What followers and watchers are told: everything, in order, only what is stored, and not more
// often than they can use.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { maxAnswerBytes } from '../../preload/contract/latent.ts'
import type { RunUpdate } from '../../preload/contract/records.ts'
import { scripts } from './scriptedHost.ts'
import { scriptedStudio, startScript, until, type Scripted } from './scriptedStudio.ts'

let scripted: Scripted
beforeAll(async () => {
  scripted = await scriptedStudio()
})
afterAll(() => scripted.end())

/** Follows until an update satisfies `last`; returns all with their times in milliseconds. */
async function collect(
  run: string,
  fromStep: number,
  last: (update: RunUpdate) => boolean,
): Promise<{ at: number; update: RunUpdate }[]> {
  const found: { at: number; update: RunUpdate }[] = []
  for await (const update of await scripted.client.runs.follow({ run, fromStep })) {
    found.push({ at: performance.now(), update })
    if (last(update)) break
  }
  return found
}

describe('a follower', () => {
  it('is told at most ten times a second of metrics that come two hundred times, and misses no step', async () => {
    const { id } = await startScript(scripted.client, scripts.wellBehaved, 4000)
    const all = await collect(
      id,
      0,
      (update) =>
        update.kind === 'metrics' && update.firstStep + update.columns.kl.length - 1 === 4000,
    )
    const metrics = all.filter(({ update }) => update.kind === 'metrics')
    let step = 0
    for (const { update } of metrics) {
      if (update.kind !== 'metrics') continue
      expect(update.firstStep).toBe(step + 1)
      step += update.columns.kl.length
    }
    expect(step).toBe(4000)
    const seconds = (metrics.at(-1)!.at - metrics[0]!.at) / 1000
    expect(metrics.length).toBeLessThanOrEqual(seconds * 10 + 4)
    const rows = all.filter(
      ({ update }) => update.kind === 'run' && update.run.status === 'running',
    )
    expect(rows.length).toBeLessThanOrEqual(seconds * 4 + 6)
  })

  it('who comes later is told what is stored after the step that it has', async () => {
    const { id } = await startScript(scripted.client, scripts.wellBehaved, 300)
    await until(scripted.client, id, ['finished'])
    const all = await collect(id, 250, (update) => update.kind === 'metrics')
    expect(all.at(-1)?.update).toMatchObject({
      kind: 'metrics',
      firstStep: 251,
      columns: { kl: Array.from({ length: 50 }, (_, i) => 251 + i) },
    })
    const kinds = all.map(({ update }) => update.kind)
    expect(kinds.filter((kind) => kind === 'validation')).toHaveLength(3)
    expect(kinds.filter((kind) => kind === 'frame')).toHaveLength(6)
  })

  it('who has steps that were taken back is told so first', async () => {
    const { id } = await startScript(scripted.client, scripts.wellBehaved, 100)
    await until(scripted.client, id, ['finished'])
    expect((await collect(id, 140, () => true))[0]?.update).toEqual({ kind: 'rewound', step: 100 })
  })

  it('is told of the rewinding of a resumed run before the steps that replay it', async () => {
    const { id } = await startScript(scripted.client, scripts.crash, 300)
    await until(scripted.client, id, ['interrupted'])
    let interruptions = 0
    let rewoundAlready = false
    let replayed = false
    const following = collect(id, 0, (update) => {
      rewoundAlready ||= update.kind === 'rewound'
      replayed ||= rewoundAlready && update.kind === 'metrics'
      if (update.kind === 'event' && update.event.kind === 'interrupted') interruptions += 1
      // the event may come before the steps, which wait up to 100 ms for each other
      return interruptions === 2 && replayed
    })
    await new Promise((resolve) => setTimeout(resolve, 100))
    await scripted.client.runs.resume({ run: id })
    await until(scripted.client, id, ['interrupted'], 10_000, 150)
    const updates = (await following).map(({ update }) => update)
    const rewound = updates.findIndex((update) => update.kind === 'rewound')
    expect(updates[rewound]).toEqual({ kind: 'rewound', step: 100 })
    const after = updates.slice(rewound).find((update) => update.kind === 'metrics')
    expect(after).toMatchObject({ firstStep: 101 })
  })
})

it('a watcher is told of one run at most four times a second', async () => {
  const { id } = await startScript(scripted.client, scripts.wellBehaved, 3000)
  const times: number[] = []
  for await (const update of await scripted.client.runs.watch()) {
    if (update.kind !== 'run' || update.run.id !== id) continue
    times.push(performance.now())
    if (update.run.status === 'finished') break
  }
  const seconds = (times.at(-1)! - times[0]!) / 1000
  expect(times.length).toBeLessThanOrEqual(seconds * 4 + 2)
  expect(times.length).toBeGreaterThan(2)
})

describe('the library', () => {
  it('names, notes, removes and restores, and says so in the events', async () => {
    const { client } = scripted
    const { id, name } = await startScript(client, scripts.wellBehaved, 1e6)
    await until(client, id, ['running'])
    expect((await client.runs.rename({ run: id, name: 'another name' })).name).toBe('another name')
    expect((await client.runs.get({ run: 'another name' })).id).toBe(id)
    expect((await client.runs.note({ run: id, notes: 'worth keeping' })).notes).toBe(
      'worth keeping',
    )
    const removed = await client.runs.remove({ run: id })
    expect(removed.status).toBe('stopped')
    expect(removed.deletedAt).not.toBeNull()
    expect((await client.runs.list({})).map((run) => run.id)).not.toContain(id)
    expect((await client.runs.list({ deleted: true })).map((run) => run.id)).toContain(id)
    await expect(client.runs.resume({ run: id })).rejects.toMatchObject({ code: 'wrong-state' })
    expect((await client.runs.restore({ run: id })).deletedAt).toBeNull()
    await expect(client.runs.restore({ run: id })).rejects.toMatchObject({ code: 'wrong-state' })
    const events = (await client.runs.events({ run: id })).map(
      ({ kind, text }) => `${kind}: ${text}`,
    )
    expect(events.filter((text) => /^(renamed|note|deleted|restored)/.test(text))).toEqual([
      `renamed: Renamed from "${name}" to "another name".`,
      'note: Notes changed.',
      'deleted: Moved to the trash.',
      'restored: Restored from the trash.',
    ])
  })

  it('gives new runs names that find them', async () => {
    const [one, two] = [
      await startScript(scripted.client, scripts.wellBehaved, 10),
      await startScript(scripted.client, scripts.wellBehaved, 10),
    ]
    expect(two.name).not.toBe(one.name)
    expect((await scripted.client.runs.get({ run: two.name })).id).toBe(two.id)
  })

  it('keeps the answer of a long series under the limit', async () => {
    const { id } = await startScript(scripted.client, scripts.wellBehaved, 45_000)
    await until(scripted.client, id, ['finished'], 60_000)
    const series = await scripted.client.runs.metrics({ run: id, points: 32_000 })
    expect(series.stepsPerPoint).toBeGreaterThan(1)
    expect(series.data.length).toBeLessThanOrEqual(maxAnswerBytes)
    const whole = await scripted.client.runs.metrics({
      run: id,
      fromStep: 1,
      toStep: 32_000,
      points: 32_000,
    })
    expect([whole.stepsPerPoint, whole.count]).toEqual([1, 32_000])
    expect(whole.data.length).toBeLessThanOrEqual(maxAnswerBytes)
  }, 90_000)
})
