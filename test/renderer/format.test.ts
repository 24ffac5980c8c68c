// Numbers as the screen shows them.
import { expect, test } from 'vitest'
import {
  age,
  bytes,
  count,
  duration,
  loss,
  nats,
  percent,
  rate,
  roughly,
  setting,
} from '../../renderer/format.ts'

test('a loss has the digits its size deserves, and says when it is no number', () => {
  expect([102.43, 9.876, 0.1234, 0, -3.5].map((value) => loss(value))).toEqual([
    '102.4',
    '9.88',
    '0.123',
    '0.0',
    '−3.50',
  ])
  expect([NaN, Infinity, -Infinity, null].map((value) => loss(value))).toEqual([
    'NaN',
    '∞',
    '−∞',
    '–',
  ])
  expect([1_230_000, 112e9, 5e30, -2e13].map((value) => loss(value))).toEqual([
    '1.2M',
    '1.1e11',
    '5.0e30',
    '−2.0e13',
  ])
  expect(nats(102.43)).toBe('102.4 nats')
})

test('durations in at most two units', () => {
  expect([0.42, 9.96, 59.6, 125, 3780, 90_000].map(duration)).toEqual([
    '0.4 s',
    '10 s',
    '1 min 0 s',
    '2 min 5 s',
    '1 h 3 min',
    '1 d 1 h',
  ])
  expect(duration(NaN)).toBe('–')
})

test('rough times have one digit or a round one', () => {
  expect([0.2, 1.4, 9.4, 41, 59, 170, 1500, 3500, 5000, 7180, 200_000].map(roughly)).toEqual([
    ...[
      '1 s',
      '1 s',
      '9 s',
      '40 s',
      '1 min',
      '3 min',
      '25 min',
      '1 h',
      '1 h 20 min',
      '2 h',
      '56 h',
    ],
  ])
})

test('bytes in decimal units', () => {
  expect([0, 999, 1000, 38_100_000, 274_000_000, 2.5e12].map(bytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '38.1 MB',
    '274 MB',
    '2.5 TB',
  ])
})

test('counts, rates, parts and settings', () => {
  expect(count(4200)).toBe('4,200')
  expect(rate(12_300.4)).toBe('12,300 img/s')
  expect(rate(0)).toBe('–')
  expect(percent(3120, 5000)).toBe('62 %')
  expect(percent(1, 0)).toBe('–')
  expect([0.0005, 0.25, 5000, 1e-8].map(setting)).toEqual(['5e−4', '0.25', '5,000', '1e−8'])
})

test('ages grow coarser, a clock that runs behind gives no negative age', () => {
  const now = Date.UTC(2026, 0, 20)
  expect([0, 61, 7300, 200_000].map((seconds) => age(now - seconds * 1000, now))).toEqual([
    'now',
    '1 min',
    '2 h',
    '2 d',
  ])
  expect(age(now + 5000, now)).toBe('now')
  expect(age(now - 40 * 86_400_000, now)).toMatch(/2025/)
})
