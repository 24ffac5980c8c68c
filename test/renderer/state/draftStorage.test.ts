// A draft that was kept is read back; what cannot be read is no draft.
import { expect, test } from 'vitest'
import { draftOf, type DraftContent } from '../../../renderer/state/draftStorage.ts'

test('all that was typed comes back', () => {
  const draft: DraftContent = {
    texts: { seed: ' 7x' },
    base: { seed: '0' },
    name: 'ähnlich',
    preset: null,
    like: { id: 'abc', name: 'Digits' },
  }
  expect(draftOf(JSON.stringify(draft))).toEqual(draft)
})

test('strange contents are left out', () => {
  for (const text of [null, '', '{', '5', 'null', '"x"']) expect(draftOf(text)).toBeNull()
  const strange = {
    texts: { seed: 3, other: 'x', beta: '2' },
    base: null,
    name: 7,
    preset: {},
    like: 'Digits',
  }
  expect(draftOf(JSON.stringify(strange))).toEqual({
    texts: { beta: '2' },
    base: {},
    name: '',
    preset: null,
    like: null,
  })
})
