// What `latent train` makes of a preset, of an existing run and of flags, asked of a real studio.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseCommandLine, type Call } from '../../apps/cli/command.ts'
import { newRunGiven, warningsOf } from '../../apps/cli/newRun.ts'
import { createTerminal } from '../../apps/cli/terminal.ts'
import { train } from '../../apps/cli/train.ts'
import { configFrom } from '../../preload/contract/config.ts'
import { scriptedStudio, type Scripted } from '../service/scriptedStudio.ts'

let scripted: Scripted
let source: string
beforeAll(async () => {
  scripted = await scriptedStudio()
  const config = { ...configFrom('elbo-2d', { beta: 4, length: 30, lengthUnit: 'steps' }) }
  source = (await scripted.client.runs.create({ config, preset: 'elbo-2d', start: false })).id
})
afterAll(() => scripted.end())

const given = (...args: string[]) => {
  const call = {
    command: train,
    terminal: createTerminal(false),
    ...parseCommandLine(train, args),
  } satisfies Call
  return newRunGiven(call)
}

test('a run that nobody named says what differs from its preset', async () => {
  expect((await scripted.client.runs.get({ run: source })).name).toBe('elbo-2d beta=4 steps=30')
})

describe('--from RUN', () => {
  test('takes the run’s settings, with --set and flags on top, and a name that says so', async () => {
    const made = await given('--from', source, '--set', 'beta=8', '--seed', '3')(scripted.client)
    expect(made).toEqual({
      config: configFrom('elbo-2d', { beta: 8, seed: 3, length: 30, lengthUnit: 'steps' }),
      preset: null,
      // what the source's name said already stands first
      name: 'elbo-2d steps=30 beta=8 seed=3',
    })
  })

  test('keeps a name that was given, and finds a free one where nothing differs', async () => {
    expect((await given('--from', source, '--name', 'mine')(scripted.client)).name).toBe('mine')
    expect((await given('--from', source)(scripted.client)).name).toBe(
      'elbo-2d beta=4 steps=30 (2)',
    )
  })

  test('refuses a preset beside it, a run that is not there, and settings that do not fit', async () => {
    expect(() => given('tutorial', '--from', source)).toThrow(
      /Expected a preset or --from, found both/,
    )
    expect(() => given('--from', source, '--set', 'betta=4')).toThrow(/did you mean "beta"/)
    await expect(given('--from', 'nobody')(scripted.client)).rejects.toMatchObject({
      code: 'not-found',
    })
    await expect(given('--from', source, '--beta', '-1')(scripted.client)).rejects.toMatchObject({
      code: 'bad-config',
    })
  })
})

test('warnings name the setting', async () => {
  expect(await warningsOf(scripted.client, configFrom('tutorial', { learningRate: 5 }))).toEqual([
    'Learning rate: At 0.1 or above, training usually diverges or collapses.',
  ])
  expect(await warningsOf(scripted.client, configFrom('tutorial'))).toEqual([])
})
