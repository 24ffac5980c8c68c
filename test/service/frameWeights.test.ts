// The weights of frames in a real studio with scripted hosts: asked by step, never resumed from,
// made anew by a replay.
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStore } from '../../main/store/open.ts'
import { scripts } from './scriptedHost.ts'
import { scriptedStudio, startScript, until, type Scripted } from './scriptedStudio.ts'

let scripted: Scripted
beforeEach(async () => {
  scripted = await scriptedStudio()
})
afterEach(() => scripted.end())

describe('weights of frames', () => {
  const ofFrames = async (id: string) => {
    const found = (await scripted.client.runs.checkpoints({ run: id })).filter(
      ({ reason }) => reason === 'frame',
    )
    return found.map(({ step, file }) => ({ step, file }))
  }

  it('answer at their step, are never resumed from, and those after the resume are made anew', async () => {
    const { client, folder } = scripted
    const { id } = await startScript(client, scripts.framesThenCrash, 200)
    await until(client, id, ['interrupted'])
    const before = await ofFrames(id)
    expect(before.map(({ step }) => step)).toEqual([50, 100, 150])
    const decode = (checkpoint: number | 'last') =>
      client.latent.decode({ run: id, checkpoint, z: [[0, 0]] })
    for (const step of [50, 100, 150]) expect((await decode(step)).step).toBe(step)
    expect((await decode('last')).step).toBe(100)
    await expect(decode(120)).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('at step 120, found steps 50, 100, 150.'),
    })

    const following = toldUntilFinished(id)
    await client.runs.resume({ run: id })
    await until(client, id, ['finished'])
    const after = await ofFrames(id)
    expect(after.map(({ step }) => step)).toEqual([50, 100, 150, 200])
    expect(after.slice(0, 2)).toEqual(before.slice(0, 2))
    expect(after[2]!.file).not.toBe(before[2]!.file)
    const stored = await client.runs.checkpoints({ run: id })
    expect([...(await following)].sort()).toEqual(
      stored.map(({ step, reason, file }) => `${step} ${reason} ${file}`).sort(),
    )
    const rows = new Set(stored.map(({ file }) => file))
    await expect.poll(() => readdirSync(join(folder, 'runs', id)).sort()).toEqual([...rows].sort())
    expect((await decode(150)).step).toBe(150)
  })

  it('and checkpoints outlive the metrics: a run whose series was lost with its database goes on', async () => {
    const { folder } = scripted
    const { id } = await startScript(scripted.client, scripts.framesThenCrash, 200)
    await until(scripted.client, id, ['interrupted'])
    await scripted.studio.close()
    const store = openStore(folder)
    store.database.exec('DELETE FROM metrics')
    store.close()
    await scripted.reopen()
    await scripted.client.runs.resume({ run: id })
    expect((await until(scripted.client, id, ['finished', 'interrupted', 'failed'])).status).toBe(
      'finished',
    )
    const { lastStep } = await scripted.client.runs.metrics({ run: id })
    expect(lastStep).toBe(200)
  })

  it('that are damaged are marked when they are asked, and an untouched step still answers', async () => {
    const { client, folder } = scripted
    const { id } = await startScript(client, scripts.framesThenCrash, 200)
    await until(client, id, ['interrupted'])
    const damaged = (await ofFrames(id)).find(({ step }) => step === 150)!
    writeFileSync(join(folder, 'runs', id, damaged.file), 'something else')
    const decode = (checkpoint: number) =>
      client.latent.decode({ run: id, checkpoint, z: [[0, 0]] })
    await expect(decode(150)).rejects.toMatchObject({ code: 'damaged-checkpoint' })
    expect(
      (await client.runs.checkpoints({ run: id })).find(({ file }) => file === damaged.file)
        ?.usable,
    ).toBe(false)
    expect((await decode(50)).step).toBe(50)
  })

  /**
   * The checkpoints that a follower knows once the run has finished: what was removed is told as
   * well.
   */
  async function toldUntilFinished(id: string): Promise<Iterable<string>> {
    const known = new Map<string, string>()
    for await (const update of await scripted.client.runs.follow({ run: id, fromStep: 0 })) {
      if (update.kind === 'checkpoint-removed') known.delete(`${update.step} ${update.reason}`)
      if (update.kind === 'checkpoint') {
        const { step, reason, file } = update.checkpoint
        known.set(`${step} ${reason}`, `${step} ${reason} ${file}`)
      }
      if (update.kind === 'event' && update.event.kind === 'finished') break
    }
    return known.values()
  }
})
