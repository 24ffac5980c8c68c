// A run whose newest checkpoint is damaged goes on from the one before, says so, and still ends as
// if nothing had been.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Checkpoint, Run } from '../../preload/contract/records.ts'
import { document, latent, start, temporaryHome } from '../cli/latent.ts'
import { difference, environmentOf, resultIn } from '../soak/kill-resume.ts'

const [whole, broken] = [temporaryHome(), temporaryHome()]
afterAll(() => [whole, broken].forEach(({ remove }) => remove()))

const small = [
  'train',
  'tutorial',
  '--backend',
  'wasm',
  '--encoder-layers',
  '20',
  '--decoder-layers',
  '20',
  '--batch-size',
  '4',
  '--steps',
  '1000',
  '--evaluate-every',
  '200',
  '--frames',
  '0',
]

test('resume takes the checkpoint before the damaged one', async () => {
  const uninterrupted = document(small, environmentOf(whole)).then(() => resultIn(whole))
  const environment = environmentOf(broken)
  const command = start(small, environment)
  await new Promise<void>((trains) =>
    command.child.stderr!.on('data', (text: string) => void (/^step \d+/m.test(text) && trains())),
  )
  command.child.kill('SIGINT')
  expect((await command.finished).code).toBe(130)

  const { run, checkpoints } = (await document(['show', 'last'], environment)) as unknown as {
    run: Run
    checkpoints: Checkpoint[]
  }
  expect(run.status).toBe('stopped')
  const steps = checkpoints.map(({ step }) => step)
  const newest = Math.max(...steps)
  expect(newest).toBe(run.step)
  const before = Math.max(...steps.filter((step) => step < newest))
  for (const { file } of checkpoints.filter(({ step }) => step === newest)) {
    const path = join(environment['LATENT_STUDIO_HOME']!, 'runs', run.id, file)
    const bytes = readFileSync(path)
    bytes[bytes.length >> 1]! ^= 4
    writeFileSync(path, bytes)
  }

  const { code, stderr } = await latent(['resume', 'last'], environment)
  expect(code).toBe(0)
  expect(stderr).toMatch(new RegExp(`checkpoint of step ${newest} .*expected sha256`))
  const { events } = (await document(['show', 'last'], environment)) as {
    events: { kind: string; text: string }[]
  }
  expect(events.map(({ kind }) => kind)).toContain('checkpoint-damaged')
  expect(events.map(({ text }) => text).join('\n')).toMatch(new RegExp(`step ${before}\\b`))
  expect(difference(await uninterrupted, await resultIn(broken))).toBe(null)
}, 180_000)
