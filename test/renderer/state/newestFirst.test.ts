// Of runs and jobs that began at once, the order is the same each time.
import { expect, test } from 'vitest'
import { newestFirst } from '../../../renderer/state/newestFirst.ts'

test('newest first, and what began at once in the same order however it is given', () => {
  const [a, b, c] = [
    { id: 'a', createdAt: 5 },
    { id: 'b', createdAt: 5 },
    { id: 'c', createdAt: 9 },
  ]
  for (const given of [
    [a, b, c],
    [c, b, a],
    [b, c, a],
  ])
    expect(newestFirst(given)).toEqual([c, a, b])
})
