// What is kept of fetched things: the most recently used while they fit, one fetch for all who ask,
// failures forgotten.
import { expect, test } from 'vitest'
import { Kept } from '../../../renderer/state/kept.ts'

const sized = (text: string) => text.length
const later = (text: string) => () => Promise.resolve(text)

test('the longest unused go first, by their bytes', async () => {
  const kept = new Kept<string>(10, sized)
  await kept.load('a', later('aaaa'))
  await kept.load('b', later('bbbb'))
  expect(kept.peek('a')).toBe('aaaa') // used after b
  await kept.load('c', later('cccc'))
  expect([kept.peek('a'), kept.peek('b'), kept.peek('c')]).toEqual(['aaaa', null, 'cccc'])
  await kept.load('d', later('dddddddddd'))
  expect([kept.has('a'), kept.has('c'), kept.peek('d')]).toEqual([false, false, 'dddddddddd'])
})

test('what is larger than the room stays until the next one comes', async () => {
  const kept = new Kept<string>(3, sized)
  await kept.load('large', later('xxxxx'))
  expect(kept.peek('large')).toBe('xxxxx')
  await kept.load('small', later('y'))
  expect([kept.has('large'), kept.peek('small')]).toEqual([false, 'y'])
})

test('one fetch serves everybody, and what is under way is known but not here', async () => {
  const kept = new Kept<string>(100, sized)
  const { promise, resolve } = Promise.withResolvers<string>()
  let fetches = 0
  const fetch = () => {
    fetches++
    return promise
  }
  const asked = [kept.load('a', fetch), kept.load('a', fetch)]
  expect([kept.has('a'), kept.peek('a'), fetches]).toEqual([true, null, 1])
  resolve('here')
  expect(await Promise.all(asked)).toEqual(['here', 'here'])
  expect(kept.peek('a')).toBe('here')
})

test('a failure is asked for again', async () => {
  const kept = new Kept<string>(100, sized)
  await expect(kept.load('a', () => Promise.reject(new Error('lost')))).rejects.toThrow('lost')
  expect(await kept.load('a', later('found'))).toBe('found')
})

test('what was forgotten on its way does not come back', async () => {
  const kept = new Kept<string>(100, sized)
  const { promise, resolve } = Promise.withResolvers<string>()
  const old = kept.load('run@7', () => promise)
  kept.forget((key) => key.startsWith('run@'))
  const fresh = kept.load('run@7', later('new'))
  resolve('old')
  expect([await old, await fresh]).toEqual(['old', 'new'])
  expect(kept.peek('run@7')).toBe('new')
  kept.forget(() => true)
  expect(kept.has('run@7')).toBe(false)
})
