// Exports through the contract: which checkpoint is taken, what is written, what is said about a
// run that is live.
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readSafetensors } from '../../main/engine/checkpoint.ts'
import { forkNode } from '../../main/service/launch.ts'
import { addCheckpoint } from '../../main/store/checkpointRows.ts'
import { openStore, runFolder } from '../../main/store/open.ts'
import { insertRun } from '../../main/store/runs.ts'
import { addValidation } from '../../main/store/validations.ts'
import { createStudio, type Studio } from '../../main/studio.ts'
import type { Client } from '../../preload/contract/client.ts'
import type { CheckpointReason } from '../../preload/contract/records.ts'
import { resultOf } from '../kit/job.ts'
import { scripts } from '../service/scriptedHost.ts'
import { temporaryFolder } from '../store/sample.ts'
import { sampleRun } from '../store/sample-run.ts'
import { cases, checkpointBytes } from './exported.ts'

const which = {
  ...cases['dense']!,
  config: { ...cases['dense']!.config, seed: scripts.neverReady },
}
let studio: Studio
let client: Client
let out: string

// A run with two stored checkpoints: the best of step 20, the last of step 40.
beforeEach(async () => {
  const folder = temporaryFolder()
  out = temporaryFolder()
  const store = openStore(folder)
  const run = sampleRun({
    id: 'digits',
    name: 'digits',
    config: which.config,
    status: 'stopped',
    step: 40,
    startedAt: 1,
    endedAt: 2,
  })
  insertRun(store, run)
  mkdirSync(runFolder(store, run.id), { recursive: true })
  const add = (step: number, reason: CheckpointReason, bytes: Uint8Array, total: number) => {
    const file = `step-${step}-${reason}.safetensors`
    writeFileSync(join(runFolder(store, run.id), file), bytes)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    addValidation(store, run.id, {
      step,
      reconstruction: total - 2,
      kl: 2,
      total,
      klPerDimension: [1, 1],
    })
    addCheckpoint(store, {
      run: run.id,
      step,
      reason,
      file,
      sha256,
      bytes: bytes.length,
      createdAt: step,
      backend: 'js',
      mode: 'eager',
      validationTotal: total,
      usable: true,
    })
  }
  add(20, 'best', checkpointBytes(which), 33.25)
  add(40, 'stop', checkpointBytes(which), 44.5)
  store.close()
  const fork = forkNode(join(import.meta.dirname, '../service/scriptedHost.ts'))
  studio = await createStudio({
    dataFolder: folder,
    cacheFolder: join(folder, 'cache'),
    fork,
    shell: 'serve',
    pages: new Map(),
    limits: { closing: 500, command: 500 },
  })
  client = studio.connect()
})
afterEach(() => studio.close())

/** Done by a job, which gives the report and says where it lies. */
const written = async (question: Omit<Parameters<typeof resultOf<'export'>>[1], 'kind'>) => {
  const { report, path } = await resultOf(client, { kind: 'export', ...question })
  return { ...report, path: path! }
}
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'none',
    (error: { code?: string; message: string }) => `${error.code}: ${error.message}`,
  )

it('writes the checkpoint that was chosen, and the preview says what it will be', async () => {
  const question = { run: 'digits', format: 'safetensors', part: 'decoder' } as const
  const preview = await client.exports.preview(question)
  expect(readdirSync(out)).toEqual([])
  const path = join(out, 'decoder')
  const report = await written({ ...question, path })
  expect(report).toEqual({ ...preview, path })
  expect(report).toMatchObject({
    run: 'digits',
    step: 40,
    note: '',
    inputs: [{ name: 'z', shape: ['N', 2] }],
    outputs: [{ name: 'means', shape: ['N', 784] }],
  })
  expect(readdirSync(path).sort()).toEqual([
    'MODEL_CARD.md',
    'load_in_jax.py',
    'load_in_pytorch.py',
    'model.safetensors',
  ])
  expect(
    report.files.map(({ name, bytes }) => bytes === readFileSync(join(path, name)).length),
  ).toEqual([true, true, true, true])
  expect(readFileSync(join(path, 'MODEL_CARD.md'), 'utf8')).toContain('44.50 nats')
  const best = await written({
    ...question,
    checkpoint: 'best',
    path: join(out, 'best.safetensors'),
  })
  expect(best.step).toBe(20)
  expect(readSafetensors(readFileSync(best.path)).header['__metadata__']).toMatchObject({
    step: '20',
    run: 'digits',
    part: 'decoder',
  })
  expect(
    (await written({ ...question, checkpoint: 20, path: join(out, 'at.safetensors') })).step,
  ).toBe(20)
  expect(await codeOf(written({ ...question, checkpoint: 30, path: join(out, 'none') }))).toMatch(
    /^not-found: .*steps 20, 40/,
  )
})

it('takes the one before when the newest file is damaged', async () => {
  const file = join(studio.dataFolder, 'runs', 'digits', 'step-40-stop.safetensors')
  writeFileSync(file, readFileSync(file).subarray(0, 5000))
  const report = await written({ run: 'digits', format: 'onnx', path: join(out, 'm.onnx') })
  expect(report.step).toBe(20)
  expect(
    (await client.runs.checkpoints({ run: 'digits' })).map(({ step, usable }) => [step, usable]),
  ).toEqual([
    [20, true],
    [40, false],
  ])
})

it('of a live run takes its last stored checkpoint and says so', async () => {
  await client.runs.resume({ run: 'digits' })
  const report = await written({ run: 'digits', format: 'npz', path: join(out, 'm.npz') })
  expect(report).toMatchObject({
    step: 40,
    note: '"digits" is preparing at step 40; this is its checkpoint at step 40.',
  })
})

it('refuses paths with a reason', async () => {
  const write = (path: string) => codeOf(written({ run: 'digits', format: 'tfjs', path }))
  expect(await write('relative')).toMatch(/^bad-input: relative: expected an absolute path/)
  expect(await write(out)).toMatch(/^bad-input: .*found a folder with that name/)
  expect(await write(join(studio.dataFolder, 'export'))).toMatch(
    /^bad-input: .*outside the data folder/,
  )
  expect(await codeOf(written({ run: 'nobody', format: 'tfjs', path: join(out, 'a') }))).toMatch(
    /^not-found/,
  )
  expect(readdirSync(out)).toEqual([])
})

it('a question is cancelled with its asker', async () => {
  const cancel = new AbortController()
  const asked = client.exports.preview({ run: 'digits', format: 'onnx' }, { signal: cancel.signal })
  setTimeout(() => cancel.abort(), 20)
  await expect(asked).rejects.toThrow()
})
