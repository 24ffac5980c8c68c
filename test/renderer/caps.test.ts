// Keys as they are written in commands, as what stands on their caps.
import { expect, test } from 'vitest'
import { capsOf } from '../../renderer/caps.ts'

test('no cap is blank: a plus is a key too', () => {
  expect(capsOf('+')).toEqual(['+'])
  expect(capsOf('shift++')).toEqual(['⇧', '+'])
  expect(capsOf('alt+shift+ArrowLeft').slice(-2)).toEqual(['⇧', '←'])
  expect(capsOf('g r')).toEqual(['g', 'r'])
  expect(capsOf('mod+k').at(-1)).toBe('K')
})
