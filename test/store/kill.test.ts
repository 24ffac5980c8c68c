// The short version of `npm run soak -- kill-store`, and proof that it notices planted mistakes.
import { expect, test } from 'vitest'
import { killMany } from '../soak/kill-store.ts'

test('kills at random moments lose nothing that was acknowledged', async () => {
  const seed = Date.now() % 2 ** 31
  const figures = await killMany(6, seed)
  expect(figures.kills).toBe(6)
  expect(figures.acknowledgedLines).toBeGreaterThan(0)
}, 60_000)

test('a writer that acknowledges before it stores is noticed', async () => {
  await expect(killMany(20, 1, 'early')).rejects.toThrow(/acknowledged/)
}, 60_000)

test('a checkpoint whose row is written before its file is noticed', async () => {
  await expect(killMany(40, 2, 'row-first')).rejects.toThrow(/no such file|rows without files/)
}, 90_000)
