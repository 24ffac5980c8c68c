// Parsing of flags and arguments, and the settings that flags make.
import { describe, expect, test } from 'vitest'
import { nearest, parseCommandLine, wholeNumber, type Command } from '../../apps/cli/command.ts'
import { configGiven, presetNamed, settingFlags } from '../../apps/cli/settingFlags.ts'
import { settings } from '../../preload/contract/settings.ts'

const command: Command = {
  name: 'test',
  summary: '',
  arguments: [
    { name: 'RUN', required: true, help: 'a run' },
    { name: 'MORE', required: false, help: 'more' },
  ],
  flags: [
    { name: 'count', short: 'n', value: 'N', help: '' },
    { name: 'csv', help: '' },
    ...settingFlags,
  ],
  examples: [],
  run: async () => undefined,
}
const parse = (...args: string[]) => parseCommandLine(command, args)
const config = (...args: string[]) =>
  configGiven(presetNamed('tutorial'), parse('x', ...args).flags)

test('values stand after the flag or an equals sign, switches have none', () => {
  const { arguments: found, flags } = parse(
    'last',
    '--seed',
    '3',
    '--batch-size=7',
    '-n',
    '5',
    '--csv',
  )
  expect(found).toEqual(['last'])
  expect([
    flags.text('seed'),
    flags.text('batch-size'),
    flags.text('count'),
    flags.on('csv'),
    flags.on('json'),
  ]).toEqual(['3', '7', '5', true, false])
})

describe('refuses in one line', () => {
  const cases: [string, string[], RegExp][] = [
    ['an unknown flag', ['last', '--sead', '3'], /unknown flag "--sead"; did you mean "--seed"\?/],
    [
      'a flag like no other',
      ['last', '--xyzzy'],
      /unknown flag "--xyzzy"\. See `latent test --help`/,
    ],
    ['an unknown short flag', ['last', '-q'], /unknown flag "-q"/],
    [
      'a value forgotten at the end',
      ['last', '--seed'],
      /--seed: expected a value \(N\), found nothing/,
    ],
    [
      'a value forgotten before a flag',
      ['last', '--seed', '--csv'],
      /--seed: expected a value \(N\), found "--csv"/,
    ],
    ['a value for a switch', ['last', '--csv=yes'], /--csv: expected no value, found "yes"/],
    ['a missing argument', ['--csv'], /expected RUN \(a run\), found nothing/],
    ['an argument too many', ['a', 'b', 'c'], /expected 2 arguments, also found "c"/],
  ]
  test.each(cases)('%s', (_name, args, message) => expect(() => parse(...args)).toThrow(message))
})

test('a negative number is a value, not a flag', () => {
  expect(parse('x', '--seed', '-5').flags.text('seed')).toBe('-5')
  expect(() => wholeNumber(parse('x', '-n', '-5').flags, 'count', 1, 1, 9)).toThrow(
    /--count: expected a whole number from 1 to 9, found "-5"/,
  )
  for (const text of ['1.5', 'NaN', '1e1', '', '10'])
    expect(() => wholeNumber(parse('x', `--count=${text}`).flags, 'count', 1, 1, 9)).toThrow(
      `found "${text}"`,
    )
})

test('every setting but the length has a flag, and the flag sets it', () => {
  const names = settingFlags.map((flag) => flag.name)
  for (const key of Object.keys(settings)) {
    const name = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    if (!['length', 'lengthUnit', 'model'].includes(key)) expect(names).toContain(name)
  }
  expect(
    config('--batch-size', '32', '--encoder-layers', '64,32', '--learning-rate', '1e-4'),
  ).toMatchObject({
    batchSize: 32,
    encoderLayers: [64, 32],
    learningRate: 1e-4,
  })
  expect(config('--set', 'latentSize=8', '--set', 'encoderLayers=')).toMatchObject({
    latentSize: 8,
    encoderLayers: [],
  })
})

test('steps and epochs set length and unit; flags win over --set', () => {
  expect(config('--steps', '10')).toMatchObject({ length: 10, lengthUnit: 'steps' })
  expect(config('--epochs', '2')).toMatchObject({ length: 2, lengthUnit: 'epochs' })
  expect(config('--set', 'seed=1', '--seed', '2')).toMatchObject({ seed: 2 })
  expect(() => config('--steps', '1', '--epochs', '1')).toThrow(/--steps or --epochs, found both/)
})

describe('settings outside their range name what was found', () => {
  const cases: [string[], RegExp][] = [
    [['--steps', 'many'], /--steps: expected a whole number from 1 to 10000000, found "many"/],
    [['--epochs', '1e9'], /--epochs: expected .*found 1000000000/],
    [['--batch-size', '-4'], /Batch size: expected a whole number from 1 to 65536, found -4/],
    [['--learning-rate', 'NaN'], /Learning rate: expected a number .*found "NaN"/],
    [['--learning-rate', '0'], /Learning rate: .*above 0/],
    [['--latent-size', '2.5'], /Latent size: .*found 2.5/],
    [['--activation', 'gelu'], /expected one of softplus, relu, tanh, found "gelu"/],
    [['--set', 'latntSize=3'], /[Uu]nknown setting "latntSize"; did you mean "latentSize"/],
    [['--set', 'batchSzie=4'], /[Uu]nknown setting "batchSzie"; did you mean "batchSize"/],
    [['--steps', 'NaN'], /--steps: expected .*found "NaN"/],
    [['--steps', '3', '--epochs', '1'], /found both \(3 steps, 1 epoch\)/],
    [['--set', 'batchsize=3'], /[Uu]nknown setting "batchsize"; did you mean "batchSize"/],
    [['--set', '__proto__=3'], /no setting "__proto__"/],
    [['--set', 'latentSize'], /--set: expected KEY=VALUE, found "latentSize"/],
    [['--encoder-layers', '10,-3'], /Encoder layers: expected at most 16 whole numbers/],
    [['--beta', '4'], /Beta: the tutorial's loss has no beta/],
  ]
  test.each(cases)('%j', (args, message) => expect(() => config(...args)).toThrow(message))
})

test('an unknown preset names the known ones', () => {
  expect(() => presetNamed('tutorail')).toThrow(
    /Unknown preset "tutorail": expected one of tutorial, elbo-2d, tfjs-example, keras-conv; did you mean "tutorial"\?/,
  )
  expect(() => presetNamed('toString')).toThrow(/Unknown preset "toString"/)
  expect(presetNamed(undefined)).toBeNull()
})

test('the nearest name is near', () => {
  expect(nearest('evalute', ['evaluate', 'encode'])).toBe('evaluate')
  expect(nearest('mani', ['metrics', 'manifold'])).toBe('manifold')
  expect(nearest('zzz', ['evaluate', 'encode'])).toBeUndefined()
})
