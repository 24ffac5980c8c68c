// The lines between the bench and its contestants, with a child that only answers.
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startContestant } from '../../apps/bench/contestant.ts'

const echo = (manner: string) => ({
  program: process.execPath,
  args: [fileURLToPath(new URL('./echo.ts', import.meta.url)), manner],
})

test('a block is asked for and answered, chatter is passed over, and the child ends with its input', async () => {
  const contestant = await startContestant(echo('good'), 20)
  expect(contestant.ready).toEqual({ versions: { echo: 1 }, seconds: 0.5 })
  expect(await contestant.go(400, 100, 20)).toEqual({
    milliseconds: 400,
    metrics: [100, 2, 3],
    residentBytes: 1024,
  })
  expect((await contestant.go(7, 1, 20)).milliseconds).toBe(7)
  await contestant.end()
})

test('a child that cannot start says why', async () => {
  await expect(startContestant(echo('short'), 20)).rejects.toThrow(
    'ModuleNotFoundError: no such library',
  )
  await expect(startContestant({ program: '/no/such/python', args: [] }, 20)).rejects.toThrow(
    'ENOENT',
  )
})

test('an answer of another shape, and none in time, are failures', async () => {
  const nonsense = await startContestant(echo('nonsense'), 20)
  await expect(nonsense.go(1, 1, 20)).rejects.toThrow('it printed {"milliseconds":"long"}')
  await expect(nonsense.go(1, 1, 20)).rejects.toThrow('it ended') // not left running beside the others
  await nonsense.end()
  const silent = await startContestant(echo('silent'), 20)
  await expect(silent.go(1, 1, 0.3)).rejects.toThrow('no answer within')
  await silent.end()
})
