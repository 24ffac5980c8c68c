// A value of the address that changes many times a second: shown at once, written when it rests,
// and written before the address is left.
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { router } from '../../../renderer/router.svelte.ts'
import { AddressValue } from '../../../renderer/state/addressValue.svelte.ts'

let value: AddressValue
let end: () => void
beforeEach(() => {
  vi.useFakeTimers()
  router.go('explore', { run: 'a' })
  end = $effect.root(() => {
    value = new AddressValue('z')
  })
})
afterEach(() => {
  end()
  vi.useRealTimers()
})

it('is shown at once and written when it rests', () => {
  value.set('1,2')
  value.set('1,3')
  expect(value.text).toBe('1,3')
  expect(router.params['z']).toBeUndefined()
  vi.advanceTimersByTime(400)
  expect(router.params['z']).toBe('1,3')
})

it('is written before the address is left', () => {
  const before = history.length
  value.set('1,2')
  router.go('runs')
  expect(router.route).toBe('runs')
  // the step back finds it: the address that was left had it
  expect(history.length).toBeGreaterThan(before)
  expect(value.text).toBe('1,2')
  expect(router.unwritten.size).toBe(0)
})
