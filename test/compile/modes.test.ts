// The short version of `npm run soak -- modes`: a few steps of every preset at its full size, in
// every mode.
import { expect } from 'vitest'
import type { CompiledMode } from '../../main/compile/compiledProgram.ts'
import { presetNames, type PresetName } from '../../preload/contract/presets.ts'
import { free, inStep, presetPlan, problem } from '../soak/modes.ts'
import { compiledModes, nativeBackend } from './native.ts'
import { withRuntime } from '../kit/needing.ts'

// Compiling takes seconds, with XLA above all: all modes of one preset, then the one that is
// usually fastest.
const modesOf: Partial<Record<PresetName, CompiledMode[]>> = {
  tutorial: compiledModes,
  'elbo-2d': ['graph-step', 'xla-loop'],
}

withRuntime.test.each(presetNames)(
  '%s: every mode does what the eager loop does',
  async (preset) => {
    const native = await nativeBackend()
    const plan = await presetPlan(preset, 3, 2000)
    const conv = plan.config.network === 'conv'
    const modes = modesOf[preset] ?? (conv ? ['graph-step'] : ['xla-loop'])
    const { agreements, rows } = inStep(plan, modes, native, conv ? 2 : 8)
    expect(agreements.length).toBe(modes.length)
    expect(agreements.map((result) => problem(preset, result))).toEqual(modes.map(() => null))
    const [loop] = free(plan, ['graph-loop'], native, rows)
    expect(problem(preset, loop!)).toBe(null)
  },
  180_000,
)

withRuntime.test(
  'another rate or other random words are noticed',
  async () => {
    const native = await nativeBackend()
    const plan = await presetPlan('tutorial', 3, 200)
    const { rows } = inStep(plan, [], native, 6)
    const different = [{ learningRate: plan.config.learningRate * 1.01 }, { seed: 4 }]
    for (const change of different) {
      const [found] = free(
        { ...plan, config: { ...plan.config, ...change } },
        ['graph-loop'],
        native,
        rows,
      )
      expect(problem('tutorial', found!)).not.toBe(null)
    }
  },
  120_000,
)
