// The short version of `npm run soak -- modes`: a few steps of every preset at its full size, in every mode.
import { expect, test } from 'vitest'
import { presetNames } from '../../preload/contract/presets.ts'
import { free, inStep, presetPlan, problem } from '../soak/modes.ts'
import { compiledModes, installed, nativeBackend } from './native.ts'

test.skipIf(!installed).each(presetNames)('%s: every mode does what the eager loop does', async (preset) => {
  const native = await nativeBackend()
  const plan = await presetPlan(preset, 3, 2000)
  // Compiling with XLA takes seconds: all modes for one preset. XLA convolves slowly on a CPU.
  const conv = plan.config.network === 'conv'
  const modes = preset === 'tutorial' ? compiledModes : compiledModes.filter((mode) => mode === (conv ? 'graph-loop' : 'xla-loop') || mode === 'graph-step')
  const { agreements, rows } = inStep(plan, modes, native, conv ? 2 : 8)
  expect(agreements.length).toBe(modes.length)
  expect(agreements.map((result) => problem(preset, result))).toEqual(modes.map(() => null))
  const [loop] = free(plan, ['graph-loop'], native, rows)
  expect(problem(preset, loop!)).toBe(null)
}, 90_000)

test.skipIf(!installed)('another rate or other random words are noticed', async () => {
  const native = await nativeBackend()
  const plan = await presetPlan('tutorial', 3, 200)
  const { rows } = inStep(plan, [], native, 6)
  const different = [{ learningRate: plan.config.learningRate * 1.01 }, { seed: 4 }]
  for (const change of different) {
    const [found] = free({ ...plan, config: { ...plan.config, ...change } }, ['graph-loop'], native, rows)
    expect(problem('tutorial', found!)).not.toBe(null)
  }
}, 60_000)
