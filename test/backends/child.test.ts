// How a rung that kills, stalls or confuses its throw-away process is reported.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { checkWith } from '../../main/backends/child.ts'
import { checkInPlace } from '../../main/backends/trial.ts'

const run = (script: string, limit = 20_000): ReturnType<typeof checkWith> =>
  checkWith(['-e', script], limit)

test('a good answer is taken from the last line', async () => {
  expect(
    await run(`console.log('noise'); console.log(JSON.stringify({ok: true, reason: 'fine'}))`),
  ).toEqual({
    ok: true,
    reason: 'fine',
  })
})

test('a wrong processor, a crash, an exit, a mute process', async () => {
  expect((await run(`process.kill(process.pid, 'SIGILL')`)).reason).toContain(
    'processor instructions',
  )
  expect((await run(`process.kill(process.pid, 'SIGSEGV')`)).reason).toContain('crashed')
  expect(await run(`throw new Error('no such library')`)).toEqual({
    ok: false,
    reason: 'the check ended with code 1: Error: no such library',
  })
  expect((await run(``)).ok).toBe(false)
})

test('a process that answers and then crashes is not trusted', async () => {
  expect(
    (
      await run(
        `console.log(JSON.stringify({ok: true, reason: 'fine'})); process.kill(process.pid, 'SIGSEGV')`,
      )
    ).ok,
  ).toBe(false)
})

test('a stuck one is ended at the time limit', async () => {
  expect(await run(`setInterval(() => {}, 1000)`, 400)).toEqual({
    ok: false,
    reason: 'the check did not answer within 0.4 s',
  })
})

test('where no child can be started, a process that dies in the try leaves a mark, and the next one leaves the rung', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'latent-trial-'))
  const script = `const { checkInPlace } = await import(${JSON.stringify(new URL('../../main/backends/trial.ts', import.meta.url).href)})
    const outcome = await checkInPlace(${JSON.stringify(folder)}, 'key', async () => process.kill(process.pid, 'SIGKILL'))
    console.log(JSON.stringify(outcome))`
  expect((await checkWith(['--input-type=module', '-e', script], 20_000)).ok).toBe(false)
  const never = (): never => expect.fail('tried again')
  expect((await checkInPlace(folder, 'key', never)).reason).toContain('crashed the process')
  fs.rmSync(folder, { recursive: true })
})

test('several tries in one process follow each other, and a try of another living process is waited for', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'latent-trial-'))
  let [under, most] = [0, 0]
  const activate = async () => {
    most = Math.max(most, ++under)
    await new Promise((resolve) => setTimeout(resolve, 20))
    under--
    throw new Error('tried')
  }
  const outcomes = await Promise.all(
    ['key', 'key', 'other'].map((key) => checkInPlace(folder, key, activate)),
  )
  expect(outcomes.map(({ reason }) => reason)).toEqual(['tried', 'tried', 'tried'])
  expect(most).toBe(1)

  const mark = path.join(folder, 'checks', 'key.trying')
  fs.writeFileSync(mark, String(process.ppid))
  const waiting = checkInPlace(folder, 'key', activate)
  await new Promise((resolve) => setTimeout(resolve, 300))
  fs.rmSync(mark)
  expect((await waiting).reason).toBe('tried')
  fs.rmSync(folder, { recursive: true })
})
