// What commands write, on a terminal and into a pipe, with a clock of our own.
import { expect, test, vi } from 'vitest'
import { evaluationText } from '../../apps/cli/evaluate.ts'
import { createSpeed } from '../../apps/cli/speed.ts'
import { ago, bytes, count, duration, float32, nats, table, took } from '../../apps/cli/numbers.ts'
import { bar, createTerminal, note, tellError } from '../../apps/cli/terminal.ts'
import type { Evaluation } from '../../preload/contract/records.ts'

function streams(isTTY: boolean, json = false) {
  const written = { out: '', error: '' }
  const clock = { now: 0 }
  const terminal = createTerminal(
    json,
    { write: (text) => (written.out += text) },
    { write: (text) => (written.error += text), isTTY, columns: 60 },
    () => clock.now,
  )
  return { written, clock, terminal }
}

test('in a pipe, progress is a line every three seconds at most', () => {
  const { written, clock, terminal } = streams(false)
  for (clock.now = 0; clock.now <= 10_000; clock.now += 50) terminal.progress(`at ${clock.now}`)
  terminal.settle()
  expect(written.error).toBe('at 0\nat 3000\nat 6000\nat 9000\n')
})

test('on a terminal it redraws one line that never reaches the last column, and is wiped out', () => {
  const { written, clock, terminal } = streams(true)
  for (clock.now = 0; clock.now < 1000; clock.now += 10)
    terminal.progress(`step ${clock.now} `.repeat(20), 0.5)
  const drawn = written.error.split('\r').filter((line) => line !== '')
  expect(drawn).toHaveLength(10)
  for (const line of drawn) expect(line.replace('\x1b[K', '').length).toBeLessThan(60)
  terminal.settle()
  expect(written.error.endsWith('\r\x1b[K')).toBe(true)
  expect(written.error).not.toContain('\n')
})

test('a note goes on a line of its own above the bar', () => {
  const { written, terminal } = streams(true)
  terminal.progress('working')
  terminal.note('careful')
  expect(written.error).toBe('\rworking\x1b[K\r\x1b[Kcareful\n')
})

test('under --json stdout holds one document and nothing else', () => {
  const { written, terminal } = streams(false, true)
  terminal.print('for people')
  expect(terminal.documented).toBe(false)
  terminal.document({ runs: [] })
  expect(terminal.documented).toBe(true)
  expect(written.out).toBe('{"runs":[]}\n')
  const plain = streams(false)
  plain.terminal.document({ runs: [] })
  plain.terminal.print('for people')
  expect(plain.written.out).toBe('for people\n')
})

test('the bar is empty, half and full', () => {
  expect([bar(0), bar(0.5), bar(2)]).toEqual([
    `▕${' '.repeat(24)}▏`,
    `▕${'█'.repeat(12)}${' '.repeat(12)}▏`,
    `▕${'█'.repeat(24)}▏`,
  ])
  expect(bar(1 / 16)).toHaveLength(26)
})

test('speed is steps a second over the last five seconds', () => {
  const speed = createSpeed()
  expect(speed.perSecond()).toBe(0)
  speed.at(0, 0)
  expect(speed.perSecond()).toBe(0)
  for (let second = 1; second <= 20; second++)
    speed.at(second <= 10 ? second * 10 : 100 + (second - 10) * 40, second * 1000)
  expect(speed.perSecond()).toBeCloseTo(40)
  speed.clear()
  expect(speed.perSecond()).toBe(0)
})

test('numbers', () => {
  expect([
    count(1234567),
    nats(0),
    nats(123.456),
    nats(0.001234),
    nats(4.728e33),
    nats(NaN),
  ]).toEqual(['1,234,567', '0.00', '123.46', '0.00123', '4.73e+33', 'NaN'])
  expect([duration(7), duration(750), duration(3723)]).toEqual(['0:07', '12:30', '1:02:03'])
  expect([took(0.04), took(0.31), took(9.96), took(75)]).toEqual([
    '0.04 s',
    '0.3 s',
    '0:10',
    '1:15',
  ])
  expect([bytes(0), bytes(1023), bytes(1536), bytes(5 * 2 ** 30)]).toEqual([
    '0 B',
    '1023 B',
    '1.5 KiB',
    '5.0 GiB',
  ])
  expect([ago(0), ago(5 * 60_000), ago(3 * 3_600_000), ago(72 * 3_600_000)]).toEqual([
    'now',
    '5 min ago',
    '3 h ago',
    '3 d ago',
  ])
})

test('a float32 is printed with as few digits as read back the same', () => {
  expect([
    float32(Math.fround(0.1)),
    float32(1),
    float32(Math.fround(206.9876)),
    float32(NaN),
  ]).toEqual(['0.1', '1', '206.9876', 'NaN'])
  for (const value of Float32Array.from(
    { length: 200 },
    (_, index) => Math.sin(index + 1) * 10 ** ((index % 40) - 20),
  ))
    expect(Math.fround(Number(float32(value)))).toBe(value)
})

test('a table aligns its columns', () => {
  expect(
    table(
      ['a', 'bb'],
      [
        ['xxx', '1'],
        ['y', '22'],
      ],
      [1],
    ),
  ).toBe('a    bb\nxxx   1\ny    22')
})

test('only where the loss is a likelihood its sum is called an ELBO and a likelihood', () => {
  const found: Evaluation = {
    step: 40,
    split: 'test',
    images: 10_000,
    negativeElbo: 30,
    reconstruction: 25,
    kl: 5,
    klPerDimension: [5],
    activeUnits: 1,
    nll: 28,
    samples: 100,
    squaredError: 25,
    greyCrossEntropy: null,
    likelihood: 'as written',
  }
  const bound = evaluationText(found, { likelihood: 'bernoulli', binarisation: 'dynamic' })
  expect(bound).toMatch(
    /likelihood as written[^]* {2}negative ELBO +30.00\n[^]* {2}NLL +28.00 \(100 samples\)/,
  )
  for (const none of [
    evaluationText(found, { likelihood: 'squared', binarisation: 'grey' }),
    evaluationText(found, { likelihood: 'bernoulli', binarisation: 'grey' }),
  ]) {
    expect(none).toMatch(
      / {2}reconstruction \+ KL +30.00\n[^]* {2}importance-weighted +28.00 \(100 samples\)/,
    )
    expect(none).not.toMatch(/ELBO|NLL|likelihood/)
  }
})

test('control characters of names and notes do not reach the terminal, by none of its ways', () => {
  const nasty = 'a\x1b[31mred\x9b2J\x07\rb\u202ec\td\ne'
  const { written, terminal } = streams(false)
  terminal.print(nasty)
  terminal.note(nasty)
  terminal.progress(nasty)
  const clean = 'a\ufffd[31mred\ufffd2J\ufffd\ufffdb\ufffdc\td\ne\n'
  expect(written).toEqual({ out: clean, error: clean + clean })
})

test('a note without a terminal and an error are cleaned too, and an error is told once', () => {
  let error = ''
  const write = vi
    .spyOn(process.stderr, 'write')
    .mockImplementation((text) => ((error += String(text)), true))
  note('a\x1b[31m\nb')
  for (let finder = 0; finder < 2; finder++) tellError('no\n such \x9brun')
  tellError('full', '')
  write.mockRestore()
  expect(error).toBe('a\ufffd[31m\nb\nlatent: no such \ufffdrun\nfull\n')
})

test('a terminal that says 0 columns has 80', () => {
  let error = ''
  const stream = { write: (text: string) => (error += text), isTTY: true, columns: 0 }
  createTerminal(false, { write: () => undefined }, stream, () => 0).progress('step 12 of 40')
  expect(error).toContain('step 12 of 40')
})
