// The service's sentences as the pages show them.
import { expect, test } from 'vitest'
import { withoutCommands } from '../../renderer/client/problem.ts'

test('sentences that send a person to the terminal are left out, all others stay', () => {
  expect(
    withoutCommands('Expected one run called "no.1", found none. `latent runs` lists them.'),
  ).toBe('Expected one run called "no.1", found none.')
  expect(
    withoutCommands('Expected a run, but there is none yet. Start one with `latent train`.'),
  ).toBe('Expected a run, but there is none yet.')
  expect(withoutCommands('Length: expected at most 5.5, found 6.')).toBe(
    'Length: expected at most 5.5, found 6.',
  )
  expect(
    withoutCommands(
      'Expected a path that does not exist yet, found a file. Choose another one, or replace it (--force).',
    ),
  ).toBe(
    'Expected a path that does not exist yet, found a file. Choose another one, or replace it.',
  )
})
