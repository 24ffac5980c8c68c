// A run whose losses stop being numbers ends there, and says which term and at which step, whatever
// the chunk: on the portable rungs here, in compiled programs where the native runtime is.
import { expect, test } from 'vitest'
import { loadPortable } from '../../main/backends/portable.ts'
import { decodeCheckpoint } from '../../main/engine/checkpoint.ts'
import { nativeBackend, programIn } from '../compile/native.ts'
import { withRuntime } from '../kit/needing.ts'
import { smallConfig, smallPlan, trained, type Trained, type TrainSettings } from './smallRun.ts'

// The rate rises to 10 over 100 steps: the first steps are sound.
const plan = smallPlan(
  smallConfig('tutorial', {
    optimizer: 'sgd',
    learningRate: 10,
    rateWarmup: 100,
    evaluateEvery: 100,
  }),
)

function expectDiverged(run: Trained): number {
  expect(run.outcome.outcome).toBe('diverged')
  const [, term, value, step] =
    /^(The reconstruction|KL|The objective|The validation loss) became (NaN|Infinity|-Infinity) at step (\d+)\. .*lower learning rate/.exec(
      run.outcome.reason,
    ) ?? []
  expect(run.outcome.reason).toContain(`${term} became ${value}`)
  // all steps before it are kept, and hold numbers
  expect(run.rows.length).toBe(3 * run.outcome.step)
  expect(run.rows.every(Number.isFinite)).toBe(true)
  expect([Number(step), Number(step) - 1]).toContain(run.outcome.step)
  expect(run.outcome.step).toBeGreaterThan(5)
  // what was kept half-way is whole
  for (const { bytes } of run.checkpoints) {
    const { meta, state } = decodeCheckpoint(bytes)
    expect(meta.progress.step).toBeLessThanOrEqual(run.outcome.step)
    if (meta.progress.step > run.outcome.step / 2) continue // weights grow before losses stop being numbers
    for (const { values } of Object.values({ ...state.parameters, ...state.slots }))
      expect(values.every(Number.isFinite)).toBe(true)
  }
  return run.outcome.step
}

const runs = (settings: TrainSettings = {}) =>
  Promise.all([1, 7, 100].map((chunk) => trained(plan, { ...settings, chunk, checkpointEvery: 5 })))

test.each(['js', 'wasm'] as const)(
  '%s: chunks of 1, 7 and 100 steps end at the same step',
  async (rung) => {
    await loadPortable(rung)
    expect(new Set((await runs()).map(expectDiverged)).size).toBe(1)
  },
)

withRuntime.test(
  'tensorflow, a loop in one call: the first step without a number is found in the middle of a chunk',
  async () => {
    const native = await nativeBackend()
    expect(
      new Set((await runs({ make: programIn('graph-loop', native) })).map(expectDiverged)).size,
    ).toBe(1)
  },
  120_000,
)

test('a run at a sound rate does not', async () => {
  await loadPortable('js')
  const { outcome } = await trained(
    smallPlan(smallConfig('tutorial', { optimizer: 'sgd', learningRate: 1e-4, length: 20 })),
  )
  expect(outcome).toEqual({ outcome: 'finished', step: 20, reason: '' })
})
