// The flags of `latent bench`.
import { expect, test } from 'vitest'
import { bench, benchSettings } from '../../apps/cli/bench.ts'
import { parseCommandLine } from '../../apps/cli/command.ts'
import { ourEntrants, peerEntrants } from '../../apps/bench/entrants.ts'
import { workNamed } from '../../apps/bench/works.ts'

const settings = (...args: string[]) => benchSettings(parseCommandLine(bench, args).flags)

test('without flags: every work, every mode, no peers', () => {
  expect(settings()).toEqual({
    works: ['tfjs-example', 'tutorial', 'elbo-2d', 'wide-40', 'keras-conv'],
    modes: ['eager', 'graph-step', 'xla-step', 'graph-loop', 'xla-loop'],
    rounds: 3,
    starts: 3,
    python: null,
    stepsOnly: false,
  })
})

test('chosen works and modes, in their own order', () => {
  const chosen = settings(
    '--works',
    'keras-conv, tutorial',
    '--modes=xla-loop,eager',
    '--rounds',
    '2',
    '--starts=4',
    '--peers',
    'python3',
    '--steps-only',
  )
  expect(chosen).toEqual({
    works: ['tutorial', 'keras-conv'],
    modes: ['eager', 'xla-loop'],
    rounds: 2,
    starts: 4,
    python: 'python3',
    stepsOnly: true,
  })
})

test.each([
  [['--works', 'tutoral'], 'did you mean "tutorial"'],
  [['--modes', 'fast'], 'expected names from eager, graph-step'],
  [['--rounds', '0'], 'from 1 to 100, found "0"'],
  [['--peers', './no/python'], 'found nothing at ./no/python'],
])('%j is refused', (args, message) => {
  expect(() => settings(...args)).toThrow(message)
})

test('wasm takes part on the tutorial’s net only; each peer in each of its forms', () => {
  const names = (entrants: { name: string }[]) => entrants.map(({ name }) => name)
  expect(names(ourEntrants(workNamed('tutorial'), ['eager', 'xla-loop']))).toEqual([
    'eager',
    'xla-loop',
    'wasm eager',
  ])
  expect(names(ourEntrants(workNamed('elbo-2d'), ['eager']))).toEqual(['eager'])
  expect(names(peerEntrants(workNamed('elbo-2d'), 'python3', 'images', 1))).toEqual([
    'PyTorch eager',
    'PyTorch compile',
    'JAX step',
    'JAX scan',
    'TensorFlow function',
    'TensorFlow xla',
    'TensorFlow loop',
  ])
})
