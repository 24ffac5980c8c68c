// What is recorded for compiled training is the same for every step: two steps with other weights,
// batches, scalars and counters cross into the native library with the same operations and the same
// constants.
import { beforeAll, expect, test } from 'vitest'
import { uniform16, uniform24 } from '../../main/backends/philox.ts'
import type { NativeBackend } from '../../main/backends/nativeBackend.ts'
import { record } from '../../main/compile/recorder.ts'
import { recordStep } from '../../main/compile/compiledStep.ts'
import { EpochOrders, type TrainingPlan } from '../../main/engine/plan.ts'
import { stepInput } from '../../main/engine/trainingProgram.ts'
import { purposes } from '../../main/engine/random.ts'
import { buildStep, type StepOutput } from '../../main/engine/trainingStep.ts'
import * as tf from '../../main/engine/tf.ts'
import { initialState, toTensors } from '../../main/engine/modelState.ts'
import { smallConfig, smallPlan, variety } from '../engine/smallRun.ts'
import { traceRecording } from '../engine/trace.ts'
import { nativeBackend } from './native.ts'
import { withRuntime } from '../kit/needing.ts'

type Change = (output: StepOutput, number: number) => StepOutput

/** Step `number` recorded with its own inputs; `change` may spoil its result. */
function traced(
  plan: TrainingPlan,
  number: number,
  native: NativeBackend,
  change: Change = (output) => output,
): string[] {
  const { config } = plan
  const step = buildStep(config, plan.image)
  const initial = initialState({ ...config, seed: number }, plan.image)
  const [parameters, slots] = [toTensors(initial.parameters), toTensors(initial.slots)]
  const { batch, scalars } = stepInput(
    plan,
    step.noise,
    new EpochOrders(config.seed, plan.data.count),
    number,
  )
  const counter = tf.tensor1d(Int32Array.of(0, number, 0, 0), 'int32')
  const given = [batch, scalars, counter, ...Object.values(parameters), ...Object.values(slots)]
  const recording = record(native, given, () =>
    tf.tidy(() => {
      const key = (purpose: 'latent' | 'pixels') =>
        tf.tensor1d(Int32Array.of(config.seed, purposes[purpose]), 'int32')
      const latentNoise = uniform24(key('latent'), counter, step.noise.latent)
      const pixelNoise =
        step.noise.pixels > 0 ? uniform16(key('pixels'), counter, step.noise.pixels) : null
      const next = change(
        step.run({ parameters, slots }, { batch, scalars, latentNoise, pixelNoise }),
        number,
      )
      return [
        next.metrics,
        ...Object.values(next.parameters),
        ...Object.keys(slots).map((name) => next.slots[name]!),
      ] // in the given state's order
    }),
  )
  tf.dispose(given)
  return traceRecording(recording)
}

withRuntime.describe('a recorded step', () => {
  let native: NativeBackend
  beforeAll(async () => void (native = await nativeBackend()))

  test.each(Object.entries(variety))('%s', (_name, config) => {
    const plan = smallPlan(config)
    const first = traced(plan, 1, native)
    expect(first.length).toBeGreaterThan(50)
    expect(first.filter((line) => line.includes('unknown'))).toEqual([])
    expect(traced(plan, 30, native)).toEqual(first)
    // and it is what training compiles
    expect(
      traceRecording(recordStep(plan, initialState(config, plan.image), native).recording),
    ).toEqual(first)
  })

  test('a number of the step among the constants is noticed', () => {
    const plan = smallPlan(smallConfig('elbo-2d'))
    const planted: Change = (output, number) => ({
      ...output,
      metrics: tf.div(output.metrics, number) as tf.Tensor1D,
    })
    expect(traced(plan, 30, native, planted)).not.toEqual(traced(plan, 1, native, planted))
  })
})
