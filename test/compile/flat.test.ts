// The short version of `npm run soak -- flat`: 200 steps, 100 evaluations, 100 checkpoints leave no
// tensor behind, on every rung; and a leak of one tensor an evaluation is noticed.
import { expect, test } from 'vitest'
import { loadPortable } from '../../main/backends/portable.ts'
import { eagerProgram } from '../../main/engine/trainingProgram.ts'
import * as tf from '../../main/engine/tf.ts'
import { initialState } from '../../main/engine/modelState.ts'
import { smallConfig, smallPlan } from '../engine/smallRun.ts'
import { flatness, growth } from '../soak/flat.ts'
import { nativeBackend, programIn } from './native.ts'
import { withRuntime } from '../kit/needing.ts'

const plan = smallPlan(smallConfig('elbo-2d', { length: 200 }))
const state = () => initialState(plan.config, plan.image)

test.each(['js', 'wasm'] as const)(
  '%s',
  async (rung) => {
    await loadPortable(rung)
    const program = eagerProgram(plan, state())
    const found = await flatness(rung, program, plan, null, 200)
    program.dispose()
    expect(found).toMatchObject({ steps: 200, evaluations: 100 })
    expect(growth(found)).toBe(null)
  },
  120_000,
)

// graph-step and XLA cross the same lines: npm run soak -- flat
withRuntime.test.each(['eager', 'graph-loop'] as const)(
  'tensorflow %s',
  async (mode) => {
    const native = await nativeBackend()
    const program = programIn(mode, native)(plan, state())
    const found = await flatness('tensorflow', program, plan, native, 200)
    program.dispose()
    expect(growth(found)).toBe(null)
  },
  120_000,
)

test('a tensor left behind is noticed', async () => {
  await loadPortable('js')
  const program = eagerProgram(plan, state())
  const left: tf.Tensor[] = []
  const leaking = { ...program, read: () => (left.push(tf.scalar(1)), program.read()) }
  expect(growth(await flatness('js', leaking, plan, null, 100))).toMatch(/^tensors grew/)
  tf.dispose(left)
  program.dispose()
}, 120_000)
