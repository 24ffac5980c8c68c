// What a job leaves when it is cancelled midway, when the program closes and when its owner is
// killed: nothing.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Client } from '../../preload/contract/client.ts'
import type { Job } from '../../preload/contract/jobs.ts'
import { archiveOf, storeRun } from '../importers/storedRun.ts'
import { reached } from '../kit/job.ts'
import { temporaryFolder, temporaryStore } from '../store/sample.ts'
import { heavyExportTo, withHeavyRun } from './heavyRun.ts'
import { scriptedStudio, type Scripted } from './scriptedStudio.ts'
import { serving } from './served.ts'

let scripted: Scripted
let client: Client
let out: string
beforeEach(async () => {
  scripted = await scriptedStudio({ limits: { closing: 2000 } })
  client = scripted.client
  out = temporaryFolder()
})
afterEach(() => scripted.end())

const writing = ({ progress }: Job) =>
  progress?.stage.startsWith('Writing') === true && progress.done > 0

const heavy = async () => (client = await withHeavyRun(scripted))
const heavyExport = (name?: string) => heavyExportTo(out, name)

describe('nothing half-made is left', () => {
  it('by an export that is cancelled midway', async () => {
    await heavy()
    const { id } = await client.jobs.start(heavyExport())
    const { progress } = await reached(client, id, writing)
    expect(progress).toMatchObject({
      stage: 'Writing heavy.latent',
      unit: 'bytes',
      total: 2 * 96 * 2 ** 20,
    })
    expect(readdirSync(out)).toEqual([
      expect.stringMatching(/^\.heavy\.latent\.[0-9a-f]{12}\.tmp$/),
    ])
    expect(await client.jobs.cancel({ job: id })).toMatchObject({
      status: 'cancelled',
      error: null,
      result: null,
      progress: null,
    })
    expect(readdirSync(out)).toEqual([])
  })

  it('by one that is kept for download and cancelled midway, or whose owner is killed', async () => {
    await heavy()
    const downloads = join(scripted.folder, 'downloads')
    const start = (asked: Client) => asked.jobs.start({ ...heavyExport(), path: null })
    const { id } = await start(client)
    await reached(client, id, writing)
    expect(readdirSync(downloads)).toEqual([id])
    expect(await client.jobs.cancel({ job: id })).toMatchObject({ status: 'cancelled' })
    expect(readdirSync(downloads)).toEqual([])
    await scripted.studio.close()
    const server = await serving(scripted.folder)
    const connection = server.connect()
    const killed = (await start(connection.client)).id
    await reached(connection.client, killed, writing)
    server.child.kill('SIGKILL')
    await server.ended
    connection.close()
    expect(readdirSync(downloads)).toEqual([killed])
    await scripted.reopen()
    expect(readdirSync(downloads)).toEqual([])
  }, 30_000)

  it('by an import that is cancelled midway', async () => {
    const source = temporaryStore()
    storeRun(source, {}, 60)
    const path = join(out, 'run.latent')
    writeFileSync(path, archiveOf(source))
    const { id } = await client.jobs.start({ kind: 'import', path })
    const { progress } = await reached(client, id, (job) => (job.progress?.done ?? 0) > 0)
    expect(progress?.stage).toBe('Reading the run')
    expect(progress!.done).toBeLessThan(progress!.total)
    expect(await client.jobs.cancel({ job: id })).toMatchObject({ status: 'cancelled', run: null })
    expect(readdirSync(join(scripted.folder, 'runs'))).toEqual([])
    expect(await client.runs.list({})).toEqual([])
  })

  it('when the program closes: the job is interrupted', async () => {
    await heavy()
    const { id } = await client.jobs.start(heavyExport())
    await reached(client, id, writing)
    await scripted.reopen()
    expect(readdirSync(out)).toEqual([])
    expect(await scripted.client.jobs.get({ job: id })).toMatchObject({
      status: 'interrupted',
      error: null,
      result: null,
    })
    expect((await scripted.client.jobs.get({ job: id })).endedAt).not.toBeNull()
  })

  it('when its owner is killed: the next one clears up, also an earlier export that was being replaced', async () => {
    await heavy()
    await scripted.studio.close()
    const server = await serving(scripted.folder)
    const connection = server.connect()
    const { id } = await connection.client.jobs.start(heavyExport())
    await reached(connection.client, id, writing)
    server.child.kill('SIGKILL')
    await server.ended
    connection.close()
    const [left] = readdirSync(out)
    expect(left).toMatch(/^\.heavy\.latent\.[0-9a-f]{12}\.tmp$/)
    // as if it had been a folder that was put aside already
    const mark = left!.split('.').at(-2)!
    mkdirSync(join(out, `.heavy.latent.${mark}.old`))
    writeFileSync(join(out, '.another.0123456789ab.tmp'), 'of another program')
    await scripted.reopen()
    expect(readdirSync(out).sort()).toEqual(['.another.0123456789ab.tmp', 'heavy.latent'])
    expect(await scripted.client.jobs.get({ job: id })).toMatchObject({
      status: 'interrupted',
      result: null,
    })
  }, 30_000)
})
