// What an edit becomes when what is under it changes.
import { describe, expect, test } from 'vitest'
import { presets } from '../../../preload/contract/presets.ts'
import {
  carryEdits,
  changedTexts,
  textsOf,
  type Texts,
} from '../../../renderer/state/draftEdits.ts'

const tutorial = textsOf(presets.tutorial.config)
const elbo = textsOf(presets['elbo-2d'].config)
const edited = (base: Texts, changes: Partial<Texts>): Texts => ({ ...base, ...changes })

test('settings differ by value, not by how it is written', () => {
  expect(
    changedTexts(edited(tutorial, { learningRate: '0.0005', encoderLayers: '100-50' }), tutorial),
  ).toEqual([])
  expect(changedTexts(edited(tutorial, { learningRate: '5e-3', seed: '1' }), tutorial)).toEqual([
    'learningRate',
    'seed',
  ])
  expect(changedTexts(edited(tutorial, { seed: 'x' }), tutorial)).toEqual(['seed'])
})

describe('edits under another preset', () => {
  test('stay, and everything else is the new preset’s', () => {
    const { texts, kept, dropped } = carryEdits(
      edited(tutorial, { seed: '7', batchSize: '32' }),
      tutorial,
      elbo,
    )
    expect(texts).toEqual({ ...elbo, seed: '7', batchSize: '32' })
    expect([kept, dropped]).toEqual([['batchSize', 'seed'], []])
  })

  test('go where they mean nothing or contradict it, and are named', () => {
    const { texts, kept, dropped } = carryEdits(
      edited(elbo, { beta: '4', freeBits: '0.1', seed: '7' }),
      elbo,
      tutorial,
    )
    expect(texts).toEqual({ ...tutorial, seed: '7' })
    expect(kept).toEqual(['seed'])
    expect([...dropped].sort()).toEqual(['beta', 'freeBits'])
    // the clash is named by the likelihood, which nobody edited: the objective has to go
    const clash = carryEdits(
      edited(tutorial, { objective: 'elbo', likelihood: 'gaussian' }),
      tutorial,
      elbo,
    )
    expect(clash.texts).toEqual({ ...elbo, likelihood: 'gaussian' })
    expect(
      carryEdits(edited(elbo, { objective: 'tutorial', likelihood: 'squared' }), elbo, textsOf({}))
        .dropped,
    ).toEqual([])
  })

  test('stay as typed where they are wrong by themselves', () => {
    const { texts, kept } = carryEdits(
      edited(tutorial, { learningRate: '0.0', latentSize: 'two' }),
      tutorial,
      elbo,
    )
    expect([texts.learningRate, texts.latentSize]).toEqual(['0.0', 'two'])
    expect(kept).toEqual(['latentSize', 'learningRate'])
  })

  test('are no edits where the new preset says the same', () => {
    const { texts, kept } = carryEdits(edited(tutorial, { activation: 'relu' }), tutorial, elbo)
    expect([texts.activation, kept]).toEqual(['relu', []])
  })
})
