// Names for runs that nobody named.
import { expect, test } from 'vitest'
import { proposeName } from '../../../renderer/state/proposeName.ts'

test('the base, said to be changed where it is, with a number where the name is taken', () => {
  expect(proposeName('One wide layer', false, [])).toBe('One wide layer')
  expect(proposeName('One wide layer', false, ['One wide layer', 'One wide layer 2'])).toBe('One wide layer 3')
  expect(proposeName('One wide layer', true, ['One wide layer'])).toBe('One wide layer, changed')
  expect(proposeName('', true, ['Run'])).toBe('Run 2')
})

test('a changed run as the base does not say it twice, and a long name stays within 200 characters', () => {
  expect(proposeName('One wide layer, changed 2', true, ['One wide layer, changed'])).toBe('One wide layer, changed 2')
  expect(proposeName('a'.repeat(200), true, []).length).toBeLessThanOrEqual(200)
})
