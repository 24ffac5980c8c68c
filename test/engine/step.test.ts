// A step can be recorded: two steps with other weights, batches, scalars and random words do the
// same operations with the same constants, and read nothing back. Planted steps that break this are
// noticed.
import { beforeAll, describe, expect, test } from 'vitest'
import { EpochOrders, type TrainingPlan } from '../../main/engine/plan.ts'
import { stepInput } from '../../main/engine/trainingProgram.ts'
import { buildStep, type Step } from '../../main/engine/trainingStep.ts'
import * as tf from '../../main/engine/tf.ts'
import { initialState, toTensors } from '../../main/engine/modelState.ts'
import { scalarsAt } from '../../main/engine/schedules.ts'
import { testBackend } from '../kit/backend.ts'
import { smallConfig, smallPlan, variety } from './smallRun.ts'
import { traceKernels, type Trace } from './trace.ts'

beforeAll(async () => void (await testBackend()))

type Run = (
  step: Step,
  number: number,
  ...given: Parameters<Step['run']>
) => ReturnType<Step['run']>
const plain: Run = (step, _number, state, input) => step.run(state, input)

/** The trace of step `number`, as `run` does it, from weights of its own. */
function traced(
  plan: TrainingPlan,
  number: number,
  run: Run = plain,
): Trace & { objective: number } {
  const step = buildStep(plan.config, plan.image)
  const initial = initialState({ ...plan.config, seed: number }, plan.image)
  const state = { parameters: toTensors(initial.parameters), slots: toTensors(initial.slots) }
  const input = stepInput(
    plan,
    step.noise,
    new EpochOrders(plan.config.seed, plan.data.count),
    number,
  )
  const given = [
    input.batch,
    input.scalars,
    input.latentNoise,
    ...(input.pixelNoise ? [input.pixelNoise] : []),
    ...Object.values(state.parameters),
    ...Object.values(state.slots),
  ]
  let metrics: tf.Tensor | undefined
  const trace = traceKernels(given, () => {
    const next = run(step, number, state, input)
    metrics = tf.keep(next.metrics.clone())
    return [next.metrics, ...Object.values(next.parameters), ...Object.values(next.slots)]
  })
  const objective = metrics!.dataSync()[2]!
  tf.dispose([metrics!, given])
  return { ...trace, objective }
}

describe.each(Object.entries(variety))('%s', (_name, config) => {
  test('two different steps do the same with the same constants', () => {
    const plan = smallPlan(config)
    const before = tf.memory().numTensors
    const [first, other] = [traced(plan, 1), traced(plan, 30)]
    expect([...scalarsAt(config, 1, plan.totalSteps)]).not.toEqual([
      ...scalarsAt(config, 30, plan.totalSteps),
    ])
    expect(other.objective).not.toBe(first.objective) // they were different steps
    expect(first.lines.length).toBeGreaterThan(50)
    expect(other.lines).toEqual(first.lines)
    expect([first.reads, other.reads]).toEqual([0, 0])
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('noticed:', () => {
  const plan = smallPlan(smallConfig('elbo-2d'))
  const planted = (run: Run) => [traced(plan, 1, run), traced(plan, 30, run)] as const

  test("the step's number as a JavaScript number", () => {
    const [first, other] = planted((step, number, state, input) => {
      const next = step.run(state, input)
      return { ...next, metrics: tf.div(next.metrics, number) as tf.Tensor1D }
    })
    expect(other.lines.length).toBe(first.lines.length)
    expect(other.lines).not.toEqual(first.lines)
  })

  test('a setting that changes from step to step', () => {
    const run: Run = (_step, number, state, input) =>
      buildStep({ ...plan.config, beta1: 0.9 + number / 1000 }, plan.image).run(state, input)
    const [first, other] = planted(run)
    expect(other.lines).not.toEqual(first.lines)
  })

  test('a branch on a value, and the reading that it needs', () => {
    const between = (traced(plan, 1).objective + traced(plan, 30).objective) / 2
    const [first, other] = planted((step, _number, state, input) => {
      const next = step.run(state, input)
      return next.metrics.dataSync()[2]! > between
        ? next
        : { ...next, metrics: tf.neg(next.metrics) }
    })
    expect(other.lines).not.toEqual(first.lines)
    expect(first.reads).toBeGreaterThan(0)
  })
})
