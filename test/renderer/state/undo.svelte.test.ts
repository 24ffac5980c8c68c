// What undo takes back, and where: acts of a form stay in their form, and a toast takes back its
// own act.
import { beforeEach, expect, it } from 'vitest'
import { undo } from '../../../renderer/state/undo.svelte.ts'

let done: string[]
let inForm: boolean
const ofForm = { quiet: true, here: () => inForm }
const act = (name: string, how: Parameters<typeof undo.offer>[2] = {}) =>
  undo.offer(name, () => void done.push(name), how)

beforeEach(async () => {
  inForm = true
  done = []
  while (await undo.last());
  done = []
})

it('takes the newest act back first, each once', async () => {
  act('one')
  act('two')
  expect([await undo.last(), await undo.last(), await undo.last()]).toEqual([true, true, false])
  expect(done).toEqual(['two', 'one'])
})

it('leaves what belongs to a form alone outside it', async () => {
  act('deleted a run')
  act('typed', ofForm)
  expect(undo.newestOfView?.text).toBe('typed')
  inForm = false
  expect(undo.newestOfView).toBeUndefined()
  await undo.last()
  expect(done).toEqual(['deleted a run'])
})

it('the toast about a run stays while a form is typed into, and takes back its own act', async () => {
  act('deleted a run')
  act('typed', ofForm)
  expect(undo.toast?.text).toBe('deleted a run')
  await undo.takeBack(undo.toast!)
  expect(done).toEqual(['deleted a run'])
  expect(undo.toast).toBeNull()
  expect(undo.newest?.text).toBe('typed')
})

it('a toast of the form goes when something newer was typed there', () => {
  act('switched the preset', { here: () => inForm })
  expect(undo.toast?.text).toBe('switched the preset')
  act('typed', ofForm)
  expect(undo.toast).toBeNull()
})
