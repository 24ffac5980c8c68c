// The settings of the run to come: edits stay over another preset, another run's settings are taken
// exactly, and both come back with undo.
import { beforeEach, expect, it } from 'vitest'
import { presets } from '../../../preload/contract/presets.ts'
import { defaultConfig } from '../../../preload/contract/config.ts'
import { draft } from '../../../renderer/state/draft.svelte.ts'
import { router } from '../../../renderer/router.svelte.ts'
import { undo } from '../../../renderer/state/undo.svelte.ts'

const good = { ...defaultConfig(), ...presets['elbo-2d'].config, learningRate: 0.002 }

beforeEach(() => {
  router.go('new')
  draft.usePreset('tutorial')
  draft.resetAll()
})

it('another preset keeps what was changed, and undo brings the one before back', async () => {
  draft.set('learningRate', '5')
  draft.usePreset('elbo-2d')
  expect(draft.texts.learningRate).toBe('5')
  expect(draft.texts.encoderLayers).toBe('256, 128')
  await undo.last()
  expect(draft.preset).toBe('tutorial')
  expect(draft.texts).toMatchObject({ learningRate: '5', encoderLayers: '100, 50' })
})

it("another run's settings are taken as they are, and undo brings the edits back", async () => {
  draft.set('learningRate', '5')
  draft.useRun({ id: 'r1', name: 'Good', config: good })
  expect(draft.texts.learningRate).toBe('0.002')
  expect(draft.changed).toEqual([])
  expect(undo.toast?.text).toContain('Your earlier changes were set aside.')
  await undo.last()
  expect(draft.texts.learningRate).toBe('5')
  expect(draft.preset).toBe('tutorial')
})

it('a field typed into several times is one act', async () => {
  for (const text of ['1', '10', '100']) draft.set('batchSize', text)
  await undo.last()
  expect(draft.texts.batchSize).toBe('16')
})
