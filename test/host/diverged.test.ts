// A diverged run from the command line: not 0, one line with term and step, and the last good
// checkpoint still usable.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { decodeCheckpoint } from '../../main/engine/checkpoint.ts'
import type { Checkpoint, Run } from '../../preload/contract/records.ts'
import { document, latent, temporaryHome } from '../cli/latent.ts'

const { environment, remove } = temporaryHome()
afterAll(remove)

const wild = [
  '--backend',
  'wasm',
  '--optimizer',
  'sgd',
  '--learning-rate',
  '10',
  '--rate-warmup',
  '200',
  '--steps',
  '200',
  '--evaluate-every',
  '10',
  '--frames',
  '0',
]
const small = ['--batch-size', '4', '--encoder-layers', '20', '--decoder-layers', '20']

test('diverges, keeps the last good checkpoint, and does not go on', async () => {
  const { code, stdout, stderr } = await latent(
    ['train', 'tutorial', ...wild, ...small, '--json'],
    environment,
  )
  expect(code).toBe(1)
  expect(stderr.trim().split('\n').at(-1)).toMatch(
    /^latent: Run \S+ diverged at step \d+: (The \w+( loss)?|KL) became (NaN|-?Infinity) at step \d+\. .*lower learning rate/,
  )
  const { run } = JSON.parse(stdout) as { run: Run }
  expect(run).toMatchObject({ status: 'diverged', totalSteps: 200 })
  expect(run.step).toBeLessThan(200)

  const { checkpoints } = (await document(['show', run.id], environment)) as unknown as {
    checkpoints: Checkpoint[]
  }
  const best = checkpoints.find(({ reason }) => reason === 'best')!
  expect(best.step).toBeLessThan(run.step)
  const bytes = readFileSync(join(environment['LATENT_STUDIO_HOME']!, 'runs', run.id, best.file))
  for (const { values } of Object.values(decodeCheckpoint(bytes).state.parameters))
    expect(values.every(Number.isFinite)).toBe(true)

  const evaluated = await document(
    ['evaluate', run.id, '--checkpoint', 'best', '--split', 'validation'],
    environment,
  )
  expect(evaluated['step']).toBe(best.step)
  expect(Number.isFinite(evaluated['negativeElbo'])).toBe(true)
  const series = (await latent(['metrics', run.id, '--csv'], environment)).stdout
    .trim()
    .split('\n')
    .slice(1)
  expect(series.length).toBe(run.step)
  expect(
    series.every((row) => row.split(',').every((value) => Number.isFinite(Number(value)))),
  ).toBe(true)
}, 120_000)
