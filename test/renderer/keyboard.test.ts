// Key presses as they are written in commands.
import { expect, test } from 'vitest'
import { pressed } from '../../renderer/press.ts'

const press = (
  key: string,
  held: Partial<Record<'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey', boolean>> = {},
) => pressed({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held })

test('signs name themselves, shift counts only with named keys', () => {
  expect(press('?', { shiftKey: true })).toBe('?')
  expect(press('n')).toBe('n')
  expect(press(' ')).toBe('Space')
  expect(press('ArrowLeft', { shiftKey: true })).toBe('shift+ArrowLeft')
})

test('ctrl and cmd are one', () => {
  expect(press('k', { ctrlKey: true })).toBe('mod+k')
  expect(press('k', { metaKey: true })).toBe('mod+k')
  expect(press('Z', { ctrlKey: true, shiftKey: true })).toBe('mod+shift+z')
})
