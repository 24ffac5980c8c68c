// On the native rung, in every mode: the same numbers twice, in chunks of any length, and resumed
// from a checkpoint, bit for bit. (test/engine/determinism.test.ts: the portable rungs.)
import { beforeAll, expect, test } from 'vitest'
import type { NativeBackend } from '../../main/backends/nativeBackend.ts'
import type { CompiledProgram } from '../../main/compile/compiledProgram.ts'
import type { TrainingPlan } from '../../main/engine/plan.ts'
import type { TrainingProgram } from '../../main/engine/trainingProgram.ts'
import { initialState, type TrainingState } from '../../main/engine/modelState.ts'
import { modes } from '../../preload/contract/runConfig.ts'
import { bits, bytesOf, smallConfig, smallPlan, trained } from '../engine/smallRun.ts'
import { nativeBackend, programIn } from './native.ts'
import { withRuntime } from '../kit/needing.ts'

withRuntime.describe.each(modes)('%s', (mode) => {
  let native: NativeBackend
  beforeAll(async () => void (native = await nativeBackend()))

  test('chunks of 1, 7 and 100 steps, and a run resumed in the middle, end in equal weights', async () => {
    const fresh = programIn(mode, native)
    const plan = smallPlan(smallConfig('elbo-2d', { evaluateEvery: 100 }))
    const one = fresh(plan, initialState(plan.config, plan.image))
    const make = again(one, () => fresh(plan, initialState(plan.config, plan.image)))
    const whole = await trained(plan, { chunk: 100, make })
    expect(whole.outcome).toMatchObject({ outcome: 'finished', step: 100 })
    const same = (rows: Float32Array, run: typeof whole) => {
      expect(bytesOf(rows).equals(bytesOf(whole.rows))).toBe(true)
      expect(bits(run.state).equals(bits(whole.state))).toBe(true)
      expect(run.validations).toEqual(whole.validations)
    }
    for (const chunk of [1, 7]) {
      const run = await trained(plan, { chunk, make })
      same(run.rows, run)
    }
    const first = await trained(plan, { chunk: 1, make, stopAt: 47 })
    const second = await trained(plan, {
      chunk: 9,
      make: fresh,
      from: first.checkpoints.at(-1)!.bytes,
    })
    same(Float32Array.of(...first.rows, ...second.rows), second)
    one.dispose()
  }, 180_000)
})

// Compiling takes a second or more: the runs of one mode share a program, the resumed one gets its
// own.
function again(
  program: TrainingProgram,
  fresh: () => TrainingProgram,
): (plan: TrainingPlan, state: TrainingState) => TrainingProgram {
  if (!('restore' in program)) return fresh
  return (_plan, state) => {
    ;(program as CompiledProgram).restore(state)
    return { ...program, dispose: () => undefined }
  }
}

withRuntime.test(
  'seed 0 differs from seed 1',
  async () => {
    const native = await nativeBackend()
    for (const mode of ['eager', 'graph-loop'] as const) {
      const rows = async (seed: number) =>
        (
          await trained(smallPlan(smallConfig('tutorial', { seed, length: 3 })), {
            make: programIn(mode, native),
          })
        ).rows
      expect(await rows(0)).not.toEqual(await rows(1))
    }
  },
  60_000,
)
