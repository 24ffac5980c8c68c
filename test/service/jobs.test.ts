// Jobs through the contract: what start refuses, what a follower and a watcher are told,
// cancelling, closing, and an owner that is killed: whatever happens, nothing half-made is left.
import { execFileSync } from 'node:child_process'
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Sqlite, { type Database } from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Client } from '../../preload/contract/client.ts'
import type { Job, JobsUpdate } from '../../preload/contract/jobs.ts'
import { archiveOf, storeRun } from '../importers/storedRun.ts'
import { followed, reached, resultOf } from '../kit/job.ts'
import { temporaryFolder, temporaryStore } from '../store/sample.ts'
import { heavyExportTo, withHeavyRun } from './heavyRun.ts'
import { scripts } from './scriptedHost.ts'
import { scriptedStudio, startScript, until, type Scripted } from './scriptedStudio.ts'

let scripted: Scripted
let client: Client
let out: string
beforeEach(async () => {
  scripted = await scriptedStudio({ limits: { closing: 2000 } })
  client = scripted.client
  out = temporaryFolder()
})
afterEach(() => scripted.end())

const failed = (call: Promise<unknown>) =>
  call.then(
    (value) => `no error, but ${JSON.stringify(value)}`,
    (error: { code?: string; message: string }) => `${error.code}: ${error.message}`,
  )
const trained = async () =>
  (await until(client, (await startScript(client, scripts.wellBehaved, 100)).id, ['finished'])).id

const heavy = async () => (client = await withHeavyRun(scripted))
const heavyExport = (name?: string) => heavyExportTo(out, name)

describe('start refuses at once, and keeps no job of it', () => {
  it('what is wrong with an export', async () => {
    const run = await trained()
    const start = (changes: Record<string, unknown>) =>
      failed(
        client.jobs.start({
          ...{ kind: 'export', run, format: 'onnx', path: join(out, 'm.onnx') },
          ...changes,
        }),
      )
    expect(await start({ run: 'nobody' })).toMatch(/^not-found: /)
    expect(await start({ checkpoint: 17 })).toMatch(/^not-found: .*step 17.*100/)
    expect(await start({ path: 'm.onnx' })).toMatch(
      /^bad-input: m\.onnx: expected an absolute path/,
    )
    expect(await start({ path: join(out, 'none', 'm.onnx') })).toMatch(
      /^bad-input: .*no such folder/,
    )
    expect(await start({ path: join(scripted.folder, 'm.onnx') })).toMatch(
      /^bad-input: .*outside the data folder/,
    )
    writeFileSync(join(out, 'm.onnx'), 'mine')
    expect(await start({})).toMatch(/^bad-input: .*found a file with that name.*--force/)
    expect(await start({ format: 'latent', part: 'decoder', path: join(out, 'a.latent') })).toMatch(
      /^bad-input: .*the complete run/,
    )
    const fresh = await client.runs.create({ config: {}, start: false })
    expect(await start({ run: fresh.id, path: join(out, 'b.onnx') })).toMatch(
      /^wrong-state: .*none yet/,
    )
    expect(await client.jobs.list()).toEqual([])
  })

  it('a folder that cannot be written to', async (context) => {
    const readOnly = ['/sys', '/proc/sys'].find((folder) => {
      try {
        return void accessSync(folder, constants.W_OK)
      } catch {
        return existsSync(folder)
      }
    })
    if (readOnly === undefined) return context.skip('this machine has no read-only folder to try')
    const run = await trained()
    const start = client.jobs.start({
      kind: 'export',
      run,
      format: 'onnx',
      path: join(readOnly, 'm.onnx'),
    })
    expect(await failed(start)).toMatch(/^bad-input: .*expected a place that can be written to/)
    expect(await client.jobs.list()).toEqual([])
  })

  it('what is wrong with an import and an evaluation', async () => {
    const start = (path: string, weights?: object) =>
      failed(client.jobs.start({ kind: 'import', path, ...(weights ? { weights } : {}) }))
    writeFileSync(join(out, 'text'), 'hello, this is no file of ours')
    expect(await start('run.latent')).toMatch(/^bad-input: .*absolute path/)
    expect(await start(join(out, 'none.latent'))).toMatch(
      /^bad-input: \/.*none\.latent: expected a file.*no such file/,
    )
    expect(await start(out)).toMatch(/^bad-input: .*a folder/)
    expect(await start(join(out, 'text'))).toMatch(/^bad-input: .*another kind of file/)
    execFileSync('mkfifo', [join(out, 'pipe')]) // whoever opens one to read waits for a writer
    expect(await start(join(out, 'pipe'))).toMatch(/^bad-input: .*a special file/)
    expect(await failed(client.jobs.start({ kind: 'evaluate', run: 'nobody' }))).toMatch(
      /^not-found/,
    )
    expect(
      await failed(client.jobs.start({ kind: 'evaluate', run: await trained(), checkpoint: 7 })),
    ).toMatch(/^not-found/)
    expect(await client.jobs.list()).toEqual([])
  })

  it('jobs that nobody knows', async () => {
    const { get, cancel, remove, follow } = client.jobs
    for (const ask of [get, cancel, remove, follow])
      expect(await failed(ask({ job: 'nobody' }))).toMatch(/^not-found: .*"nobody"/)
  })
})

describe('a job', () => {
  it('says how far it is, then what it came to, and stays in the list over a restart', async () => {
    const run = await trained()
    const states = await followed(client, { kind: 'evaluate', run, split: 'validation' })
    expect(states[0]).toMatchObject({
      kind: 'evaluate',
      run,
      status: 'running',
      endedAt: null,
      result: null,
    })
    expect(states.map(({ progress }) => progress?.stage)).toContain('Evaluating')
    const end = states.at(-1)!
    expect(end).toMatchObject({
      status: 'done',
      progress: null,
      error: null,
      result: { kind: 'evaluate', evaluation: { kl: 2 } },
    })
    expect(end.endedAt! - end.createdAt).toBeGreaterThanOrEqual(0)
    await scripted.reopen()
    expect(await scripted.client.jobs.list()).toEqual([end])
    // a follower of one that has ended is told so, and no more
    const again: Job[] = []
    for await (const job of await scripted.client.jobs.follow({ job: end.id })) again.push(job)
    expect(again).toEqual([end])
  })

  it('of two evaluations says by its title which split and how many samples', async () => {
    const run = await trained()
    const titleOf = async (question: { split: 'test' | 'train'; samples?: number }) =>
      (await followed(client, { kind: 'evaluate', run, ...question }))[0]!.title
    expect(await titleOf({ split: 'test' })).toMatch(/ on the test split$/)
    expect(await titleOf({ split: 'test', samples: 50 })).toMatch(/ on the test split, K = 50$/)
    expect(await titleOf({ split: 'train', samples: 1000 })).toMatch(
      / on the train split, K = 1000$/,
    )
  })

  it('that lacks settings says that they may mend it; a broken file does not', async () => {
    const importOf = async (name: string, header: string) => {
      const path = join(out, name)
      const length = Buffer.alloc(8)
      length.writeBigUInt64LE(BigInt(header.length))
      writeFileSync(path, Buffer.concat([length, Buffer.from(header)]))
      return (await followed(client, { kind: 'import', path })).at(-1)!.error
    }
    expect(await importOf('plain.safetensors', '{}')).toMatchObject({
      code: 'bad-input',
      reason: 'settings',
    })
    const broken = await importOf('broken.safetensors', '{ no json')
    expect(broken!.code).toBe('bad-input')
    expect(broken!.reason).toBeUndefined()
  })

  it('that fails keeps its error', async () => {
    const source = temporaryStore()
    storeRun(source)
    const path = join(out, 'cut.latent')
    writeFileSync(path, archiveOf(source).subarray(0, 9000))
    const end = (await followed(client, { kind: 'import', path })).at(-1)!
    expect(end).toMatchObject({
      title: 'Import cut.latent',
      status: 'failed',
      run: null,
      error: { code: 'bad-input' },
      result: null,
    })
    expect(end.error!.message).toContain('end is missing')
  })

  it('of an import names the run that it made, and says how much was read', async () => {
    const source = temporaryStore()
    storeRun(source)
    const path = join(out, 'run.latent')
    writeFileSync(path, archiveOf(source))
    const end = (await followed(client, { kind: 'import', path, name: 'mine' })).at(-1)!
    expect(end).toMatchObject({ status: 'done', result: { kind: 'import', run: end.run } })
    expect((await client.runs.get({ run: end.run! })).name).toBe('mine')
  })

  it('does not depend on who asked', async () => {
    const run = await trained()
    const asker = scripted.studio.connect()
    const { id } = await asker.jobs.start({ kind: 'evaluate', run })
    const follow = await asker.jobs.follow({ job: id })
    await follow.next()
    await follow.return?.()
    expect((await reached(client, id, () => false)).status).toBe('done')
  })

  it('is put away once it has ended, not before', async () => {
    const { id } = await client.jobs.start({ kind: 'evaluate', run: await trained() })
    expect(await failed(client.jobs.remove({ job: id }))).toMatch(/^wrong-state: .*Cancel it first/)
    await reached(client, id, () => false)
    expect(await client.jobs.cancel({ job: id })).toMatchObject({ status: 'done' })
    expect(await client.jobs.remove({ job: id })).toEqual({ removed: id })
    expect(await failed(client.jobs.get({ job: id }))).toMatch(/^not-found/)
  })
})

it('a watcher is told every job first, then each that changes, few times a second, and which are gone', async () => {
  const run = await trained()
  const old = (await followed(client, { kind: 'evaluate', run })).at(-1)!
  const updates: JobsUpdate[] = []
  const watch = await client.jobs.watch()
  const listening = (async () => {
    for await (const update of watch) updates.push(update)
  })()
  await expect.poll(() => updates).toEqual([{ kind: 'job', job: old }])
  const { id } = await client.jobs.start({ kind: 'evaluate', run })
  await reached(client, id, () => false)
  await expect
    .poll(() => updates.at(-1))
    .toMatchObject({ kind: 'job', job: { id, status: 'done' } })
  // twenty steps of progress in a fifth of a second
  expect(updates.length).toBeLessThan(8)
  await client.jobs.remove({ job: old.id })
  await expect.poll(() => updates.at(-1)).toEqual({ kind: 'removed', id: old.id })
  await watch.return?.()
  await listening
})

describe('two jobs at once', () => {
  it('both come to their end', async () => {
    await heavy()
    const [whole, evaluated] = await Promise.all([
      resultOf(client, heavyExport()),
      followed(client, { kind: 'evaluate', run: 'heavy' }),
    ])
    expect(whole.report.bytes).toBeGreaterThan(2 * 96 * 2 ** 20)
    // the scripted viewer reads no weights
    expect(evaluated.at(-1)).toMatchObject({ status: 'done' })
  })

  it('that want the same path: one gets it, the other says why not', async () => {
    await heavy()
    const asked = [heavyExport(), heavyExport()].map((input) => client.jobs.start(input))
    const started = (await Promise.allSettled(asked)).filter(({ status }) => status === 'fulfilled')
    expect(started).toHaveLength(1)
    expect((await Promise.all(asked.map(failed))).join()).toMatch(
      /bad-input: .*found the job "Export heavy as a whole run"/,
    )
    const [{ id }] = (await client.jobs.list()) as [Job]
    expect((await reached(client, id, () => false)).status).toBe('done')
    expect(readdirSync(out)).toEqual(['heavy.latent'])
  })
})

it('of a run that trains exports its last stored checkpoint', async () => {
  const { id } = await startScript(client, scripts.refusesStep200, 10_000)
  await until(client, id, ['running'], 10_000, 250)
  while ((await client.runs.checkpoints({ run: id })).length < 2) await sleep(20)
  const path = join(out, 'live.latent')
  const { report } = await resultOf(client, { kind: 'export', run: id, format: 'latent', path })
  expect(report).toMatchObject({ step: 200 })
  expect(report.note).toContain(
    'is running at step 250; the file contains the run up to its last checkpoint, step 200',
  )
})

it('two exports never write to one path, by whatever links it is called', async () => {
  await heavy()
  mkdirSync(join(out, 'place'))
  symlinkSync(join(out, 'place'), join(out, 'link'))
  const { id } = await client.jobs.start(heavyExport('place/heavy.latent'))
  for (const name of ['place/heavy.latent', 'link/heavy.latent'])
    expect(await failed(client.jobs.start(heavyExport(name)))).toMatch(
      /^bad-input: .*expected a path that no other job writes to/,
    )
  await client.jobs.cancel({ job: id })
})

describe('a store that cannot be written to', () => {
  let other: Database
  beforeEach(() => {
    other = new Sqlite(join(scripted.folder, 'studio.db'))
  })
  afterEach(() => other.close())
  const refusing = (what: string) =>
    other.exec(
      `CREATE TRIGGER refuse BEFORE ${what} ON jobs BEGIN SELECT RAISE(FAIL, 'no more of it'); END`,
    )

  it('refuses jobs, and to put them away, in words', async () => {
    const run = await trained()
    const ended = (await followed(client, { kind: 'evaluate', run })).at(-1)!
    refusing('DELETE')
    expect(await failed(client.jobs.remove({ job: ended.id }))).toMatch(
      /^store-failed: Expected to keep data in/,
    )
    other.exec('DROP TRIGGER refuse')
    refusing('INSERT')
    expect(await failed(client.jobs.start({ kind: 'evaluate', run }))).toMatch(
      /^store-failed: Expected to keep data in/,
    )
    expect(await client.jobs.list()).toEqual([ended])
  })

  it('loses no result while the program runs', async () => {
    const run = await trained()
    refusing('UPDATE')
    const states = await followed(client, { kind: 'evaluate', run })
    expect(states.at(-1)).toMatchObject({
      status: 'done',
      result: { kind: 'evaluate', evaluation: { kl: 2 } },
    })
    expect(await client.jobs.list()).toEqual([states.at(-1)])
    // its next owner finds it running
    other.exec('DROP TRIGGER refuse')
    await scripted.reopen()
    expect(await scripted.client.jobs.list()).toMatchObject([
      { id: states[0]!.id, status: 'interrupted', result: null },
    ])
  })

  it('still lets such a job be put away', async () => {
    const run = await trained()
    refusing('UPDATE')
    const { id } = (await followed(client, { kind: 'evaluate', run })).at(-1)!
    expect(await client.jobs.remove({ job: id })).toEqual({ removed: id })
    expect(await client.jobs.list()).toEqual([])
  })
})
