// Exports kept for download: the same bytes as an export to a path, in pieces; a folder as one zip
// that others open; gone with the job. And files on their way to an import: pieces in order and of
// the right size, nothing left of those given up.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { unzipSync } from 'fflate'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { addCheckpoint } from '../../main/store/checkpointRows.ts'
import { mostJobs } from '../../main/store/jobRows.ts'
import { openStore, runFolder } from '../../main/store/open.ts'
import { insertRun } from '../../main/store/runs.ts'
import type { Client } from '../../preload/contract/client.ts'
import { maxAnswerBytes } from '../../preload/contract/latent.ts'
import { largestPiece, type Job } from '../../preload/contract/jobs.ts'
import { cases, checkpointBytes } from '../exporters/exported.ts'
import { archiveOf, lastStep, storeRun } from '../importers/storedRun.ts'
import { followed, resultOf } from '../kit/job.ts'
import { temporaryFolder, temporaryStore } from '../store/sample.ts'
import { sampleRun } from '../store/sample-run.ts'
import { scriptedStudio, type Scripted } from './scriptedStudio.ts'

let scripted: Scripted
let client: Client
const dense = cases['dense']!

// a run with a checkpoint, by a name that is no file's anywhere
beforeEach(async () => {
  scripted = await scriptedStudio({ limits: { closing: 2000 } })
  await scripted.studio.close()
  const store = openStore(scripted.folder)
  insertRun(
    store,
    sampleRun({
      id: 'digits2345',
      name: '../a "b": é.json',
      config: dense.config,
      status: 'stopped',
      step: 40,
      startedAt: 1,
      endedAt: 2,
    }),
  )
  mkdirSync(runFolder(store, 'digits2345'), { recursive: true })
  const bytes = checkpointBytes(dense)
  writeFileSync(join(runFolder(store, 'digits2345'), 'step-40-stop.safetensors'), bytes)
  addCheckpoint(store, {
    ...{
      run: 'digits2345',
      step: 40,
      reason: 'stop',
      file: 'step-40-stop.safetensors',
      bytes: bytes.length,
      createdAt: 40,
    },
    ...{
      sha256: createHash('sha256').update(bytes).digest('hex'),
      backend: 'js',
      mode: 'eager',
      validationTotal: null,
      usable: true,
    },
  })
  store.close()
  await scripted.reopen()
  client = scripted.client
})
afterEach(() => scripted.end())

const failed = (call: Promise<unknown>) =>
  call.then(
    (value) => `no error, but ${JSON.stringify(value)}`,
    (error: { code?: string; message: string }) => `${error.code}: ${error.message}`,
  )
const kept = (folder: 'downloads' | 'incoming') =>
  existsSync(join(scripted.folder, folder)) ? readdirSync(join(scripted.folder, folder)) : []
const exported = async (
  format: 'onnx' | 'npz' | 'tfjs' | 'safetensors' | 'latent',
  path: string | null,
): Promise<Job> =>
  (await followed(client, { kind: 'export', run: 'digits2345', format, path })).at(-1)!

async function downloaded(job: string): Promise<{ name: string; bytes: Buffer }> {
  const pieces: Uint8Array[] = []
  for (let offset = 0; ;) {
    const { name, bytes, piece } = await client.jobs.file({ job, offset })
    expect(piece.length).toBeLessThanOrEqual(maxAnswerBytes)
    pieces.push(piece)
    offset += piece.length
    if (offset === bytes) return { name, bytes: Buffer.concat(pieces) }
  }
}

describe('an export kept for download', () => {
  it('of a model is a zip of it and its card, under a name that any system takes', async () => {
    const path = join(temporaryFolder(), 'model.npz')
    await exported('npz', path)
    const job = await exported('npz', null)
    expect(job).toMatchObject({ status: 'done', result: { path: null, report: { step: 40 } } })
    const { name, bytes } = await downloaded(job.id)
    expect(name).toBe('a-b-é.json-step-40-npz.zip')
    const entries = unzipSync(bytes)
    expect(Object.keys(entries).sort()).toEqual(['MODEL_CARD.md', 'model.npz'])
    expect(Buffer.from(entries['model.npz']!).equals(readFileSync(path))).toBe(true)
    expect(entries['model.npz']!.length).toBeGreaterThan(100_000)
    expect(job.result).toMatchObject({
      report: {
        files: Object.entries(entries).map(([name, { length }]) => ({ name, bytes: length })),
      },
    })
  })

  it('of a folder is a zip of its files', async () => {
    const path = join(temporaryFolder(), 'web')
    await exported('tfjs', path)
    const { id } = await exported('tfjs', null)
    const { name, bytes } = await downloaded(id)
    expect(name).toBe('a-b-é.json-step-40-tfjs.zip')
    const entries = unzipSync(bytes)
    expect(Object.keys(entries).sort()).toEqual(readdirSync(path).sort())
    for (const [entry, content] of Object.entries(entries)) {
      const there = readFileSync(join(path, entry))
      // the card names the folder that it came in
      const expected =
        entry === 'MODEL_CARD.md'
          ? there.toString().replaceAll('web', 'a-b-é-json')
          : there.toString('latin1')
      expect(Buffer.from(content).toString(entry === 'MODEL_CARD.md' ? 'utf8' : 'latin1')).toBe(
        expected,
      )
    }
  })

  it('of weights brings the scripts that load them', async () => {
    const { id } = await exported('safetensors', null)
    const { name, bytes } = await downloaded(id)
    expect(name).toBe('a-b-é.json-step-40-safetensors.zip')
    const path = join(temporaryFolder(), 'weights')
    await exported('safetensors', path)
    expect(Object.keys(unzipSync(bytes)).sort()).toEqual(readdirSync(path).sort())
    expect(readdirSync(path)).toEqual(
      expect.arrayContaining(['load_in_pytorch.py', 'load_in_jax.py', 'model.safetensors']),
    )
  })

  it('of a whole run is a file that can be imported', async () => {
    const { id } = await exported('latent', null)
    const { name, bytes } = await downloaded(id)
    expect(name).toBe('a-b-é.json.latent')
    const { files } = await client.exports.preview({ run: 'digits2345', format: 'latent' })
    expect(files.map((file) => file.name)).toEqual([name])
    expect(Object.keys(unzipSync(bytes))).toContain('manifest.json')
  })

  it('goes with its job, and at the limit; what no job has is removed at the next start', async () => {
    const [one, two] = [await exported('onnx', null), await exported('onnx', null)]
    expect(kept('downloads').sort()).toEqual([one.id, two.id].sort())
    await client.jobs.remove({ job: one.id })
    expect(kept('downloads')).toEqual([two.id])
    mkdirSync(join(scripted.folder, 'downloads', 'nobody2345'))
    writeFileSync(join(scripted.folder, 'downloads', 'nobody2345', 'content'), 'half')
    await scripted.reopen()
    client = scripted.client
    expect(kept('downloads')).toEqual([two.id])
    expect((await downloaded(two.id)).bytes.length).toBeGreaterThan(1000)
    for (let index = 0; index < mostJobs; index += 1)
      await client.jobs
        .start({ kind: 'evaluate', run: 'digits2345' })
        .then(({ id }) => client.jobs.cancel({ job: id }))
    await expect.poll(() => kept('downloads')).toEqual([])
    expect(await client.jobs.list()).toHaveLength(mostJobs)
  }, 30_000)

  it('leaves nothing when it is cancelled or fails', async () => {
    const { id } = await client.jobs.start({
      kind: 'export',
      run: 'digits2345',
      format: 'onnx',
      path: null,
    })
    await client.jobs.cancel({ job: id })
    expect(kept('downloads')).toEqual([])
    const file = join(scripted.folder, 'runs', 'digits2345', 'step-40-stop.safetensors')
    writeFileSync(file, readFileSync(file).subarray(0, 5000))
    expect(await exported('onnx', null)).toMatchObject({
      status: 'failed',
      error: { code: 'damaged-checkpoint' },
    })
    expect(kept('downloads')).toEqual([])
    expect(await failed(client.jobs.file({ job: id, offset: 0 }))).toMatch(
      /^not-found: .*cancelled/,
    )
  })

  it('is read within its bounds only', async () => {
    const { id } = await exported('onnx', null)
    const { bytes } = await client.jobs.file({ job: id, offset: 0 })
    expect((await client.jobs.file({ job: id, offset: bytes })).piece.length).toBe(0)
    expect(await failed(client.jobs.file({ job: id, offset: bytes + 1 }))).toMatch(/^bad-input/)
    expect(await failed(client.jobs.file({ job: '../../owner.json', offset: 0 }))).toMatch(
      /^not-found/,
    )
  })
})

describe('a file on its way to an import', () => {
  const archive = () => {
    const source = temporaryStore()
    storeRun(source, {}, 1)
    return archiveOf(source)
  }
  async function sent(bytes: Uint8Array, name = '../../evil/run.latent'): Promise<string> {
    const { upload } = await client.uploads.begin({ name, bytes: bytes.length })
    let path: string | null = null
    for (let offset = 0; offset < bytes.length; offset += 500_000) {
      expect(path).toBeNull()
      ;({ path } = await client.uploads.piece({
        upload,
        offset,
        piece: bytes.subarray(offset, offset + 500_000),
      }))
    }
    return path!
  }

  it('becomes a run, named by what the page called it, and is gone afterwards', async () => {
    const path = await sent(archive())
    expect(path).toMatch(/[\\/]incoming[\\/][0-9a-f]{16}\.latent$/)
    const end = (await followed(client, { kind: 'import', path })).at(-1)!
    expect(end).toMatchObject({ title: 'Import run.latent', status: 'done' })
    expect(await client.runs.get({ run: end.run! })).toMatchObject({ step: lastStep })
    expect(kept('incoming')).toEqual([])
    expect(await failed(client.jobs.start({ kind: 'import', path }))).toMatch(
      /^not-found: .*complete upload, found none/,
    )
  })

  it('of weights gives the run its name', async () => {
    const { id } = await exported('safetensors', null)
    const bytes = Buffer.from(unzipSync((await downloaded(id)).bytes)['model.safetensors']!)
    // a file without the name of a run in it: same length, so that its offsets hold
    const nameless = Buffer.from(
      bytes.toString('latin1').replace('"run_name"', '"run_mane"'),
      'latin1',
    )
    const path = await sent(nameless, 'my weights.SAFETENSORS')
    const { run } = await resultOf(client, { kind: 'import', path })
    expect((await client.runs.get({ run })).name).toBe('my weights')
  })

  it('is gone after an import that fails or is cancelled, and stays when start refuses', async () => {
    const bytes = archive()
    const damaged = Buffer.from(bytes)
    damaged[bytes.length >> 1]! ^= 255
    const path = await sent(damaged)
    expect(await failed(client.jobs.start({ kind: 'import', path, weights: {} }))).toMatch(
      /^bad-input: .*Leave the settings out/,
    )
    expect(kept('incoming')).toHaveLength(1)
    expect((await followed(client, { kind: 'import', path })).at(-1)!.status).toBe('failed')
    expect(kept('incoming')).toEqual([])
    const { id } = await client.jobs.start({ kind: 'import', path: await sent(bytes) })
    await client.jobs.cancel({ job: id })
    expect(kept('incoming')).toEqual([])
  })

  it('takes pieces in order only, of the size that was said', async () => {
    const { upload } = await client.uploads.begin({ name: 'a.latent', bytes: 1_000_000 })
    const send = (offset: number, length: number) =>
      client.uploads.piece({ upload, offset, piece: new Uint8Array(length) })
    expect(await failed(send(1, 10))).toMatch(/^bad-input: Expected a piece at offset 0, found 1/)
    expect(await failed(send(0, 0))).toMatch(/^bad-input/)
    expect(await failed(send(0, largestPiece + 1))).toMatch(
      /^bad-input: Expected a piece of 1 to 524288 bytes/,
    )
    expect(await send(0, 500_000)).toEqual({ path: null })
    expect(await failed(send(0, 500_000))).toMatch(
      /^bad-input: Expected a piece at offset 500000, found 0/,
    )
    expect(await failed(send(500_000, 500_001))).toMatch(
      /^bad-input: Expected a piece of 1 to 500000 bytes, found 500001/,
    )
    const both = (await Promise.all([failed(send(500_000, 10)), failed(send(500_000, 10))])).filter(
      (said) => said.startsWith('bad-input'),
    )
    expect(both).toHaveLength(1)
    const unfinished = join(scripted.folder, 'incoming', kept('incoming')[0]!)
    expect(await failed(client.jobs.start({ kind: 'import', path: unfinished }))).toMatch(
      /^not-found: .*500010 of 1000000 bytes/,
    )
    expect(await client.uploads.discard({ upload })).toEqual({ discarded: true })
    expect(await client.uploads.discard({ upload })).toEqual({ discarded: false })
    expect(await failed(send(500_010, 10))).toMatch(/^not-found/)
    expect(kept('incoming')).toEqual([])
  })

  it('is refused where the disk has no room for it, or too many are on their way', async () => {
    expect(await failed(client.uploads.begin({ name: 'a', bytes: 2 ** 52 }))).toMatch(
      /^store-failed: Expected room for/,
    )
    // together they have to fit
    const { freeBytes } = await client.system.status()
    const share = Math.floor(0.6 * freeBytes)
    await client.uploads.begin({ name: 'a', bytes: share })
    expect(await failed(client.uploads.begin({ name: 'b', bytes: share }))).toMatch(/^store-failed/)
    for (let more = 0; more < 15; more += 1) await client.uploads.begin({ name: 'c', bytes: 1 })
    expect(await failed(client.uploads.begin({ name: 'd', bytes: 1 }))).toMatch(
      /^wrong-state: Expected at most 16/,
    )
    expect(kept('incoming')).toHaveLength(16)
  })

  it('whose page has gone makes way for others that need its room or its place', async () => {
    const { freeBytes } = await client.system.status()
    const share = Math.floor(0.6 * freeBytes)
    const { upload } = await client.uploads.begin({ name: 'a', bytes: share })
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 50_000 })
    try {
      expect(await client.uploads.piece({ upload, offset: 0, piece: new Uint8Array(1) })).toEqual({
        path: null,
      })
      vi.setSystemTime(Date.now() + 50_000)
      expect(await failed(client.uploads.begin({ name: 'a', bytes: share }))).toMatch(
        /^store-failed/,
      )
      vi.setSystemTime(Date.now() + 20_000)
      await client.uploads.begin({ name: 'b', bytes: 1 })
      expect(kept('incoming')).toHaveLength(2) // nothing is given up for nothing
      await client.uploads.begin({ name: 'a', bytes: share })
      expect(
        await failed(client.uploads.piece({ upload, offset: 1, piece: new Uint8Array(1) })),
      ).toMatch(/^not-found/)
      for (let more = 0; more < 14; more += 1) await client.uploads.begin({ name: 'c', bytes: 1 })
      expect(await failed(client.uploads.begin({ name: 'd', bytes: 1 }))).toMatch(/^wrong-state/)
      vi.setSystemTime(Date.now() + 70_000)
      await client.uploads.begin({ name: 'd', bytes: 1 })
      expect(kept('incoming')).toHaveLength(1)
    } finally {
      vi.useRealTimers()
    }
  })

  it('that never arrived whole is removed at the next start', async () => {
    const { upload } = await client.uploads.begin({ name: 'a.latent', bytes: 100 })
    await client.uploads.piece({ upload, offset: 0, piece: new Uint8Array(50) })
    expect(kept('incoming')).toHaveLength(1)
    await scripted.reopen()
    expect(kept('incoming')).toEqual([])
    expect(
      await failed(
        scripted.client.uploads.piece({ upload, offset: 50, piece: new Uint8Array(50) }),
      ),
    ).toMatch(/^not-found/)
  })
})

it('nothing but what was kept or sent is removed from a folder of that name', async () => {
  const theirs = [
    'downloads/taxes.pdf',
    'downloads/photos/one.png',
    'downloads/digits2345/one.png',
    'incoming/letter.txt',
  ]
  for (const file of theirs) {
    mkdirSync(dirname(join(scripted.folder, file)), { recursive: true })
    writeFileSync(join(scripted.folder, file), 'mine')
  }
  await scripted.reopen()
  expect(theirs.filter((file) => existsSync(join(scripted.folder, file)))).toEqual(theirs)
})
