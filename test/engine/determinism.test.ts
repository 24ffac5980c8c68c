// Same seed, same numbers, bit for bit, on the rungs that every machine has: repeated, in chunks of
// any length, and resumed from the bytes of a checkpoint. (test/compile/determinism.test.ts: the
// native rung in every mode.)
import { beforeAll, describe, expect, test } from 'vitest'
import { loadPortable } from '../../main/backends/portable.ts'
import { initialState } from '../../main/engine/modelState.ts'
import { bits, bytesOf, smallConfig, smallPlan, trained } from './smallRun.ts'

describe.each(['js', 'wasm'] as const)('%s', (rung) => {
  beforeAll(async () => void (await loadPortable(rung)))

  test.each(['tutorial', 'elbo-2d', 'keras-conv'] as const)(
    '%s twice gives equal metrics, evaluations and weights',
    async (preset) => {
      const plan = smallPlan(smallConfig(preset, { length: 30, evaluateEvery: 15 }))
      const [once, again] = [await trained(plan), await trained(plan)]
      expect(once.rows.length).toBe(3 * 30)
      expect(bytesOf(again.rows).equals(bytesOf(once.rows))).toBe(true)
      expect(bits(again.state).equals(bits(once.state))).toBe(true)
      expect(again.validations).toEqual(once.validations)
      expect(bits(once.state).equals(bits(initialState(plan.config, plan.image)))).toBe(false) // it did train
    },
  )

  test('seed 0 is a seed: it differs from seed 1 in weights, order and noise', async () => {
    const [zero, one] = [
      smallPlan(smallConfig('elbo-2d', { seed: 0, length: 3 })),
      smallPlan(smallConfig('elbo-2d', { seed: 1, length: 3 })),
    ]
    const [a, b] = [initialState(zero.config, zero.image), initialState(one.config, one.image)]
    for (const [name, { values }] of Object.entries(a.parameters)) {
      if (!name.endsWith('.weight')) continue
      expect(values).not.toEqual(b.parameters[name]!.values)
      expect(new Set(values).size).toBeGreaterThan(values.length / 2)
    }
    expect((await trained(zero)).rows).not.toEqual((await trained(one)).rows)
  })

  test('chunks of 1, 7 and 100 steps end in equal weights', async () => {
    const plan = smallPlan(smallConfig('elbo-2d', { evaluateEvery: 100 }))
    const runs = [
      await trained(plan, { chunk: 1 }),
      await trained(plan, { chunk: 7 }),
      await trained(plan, { chunk: 100 }),
    ]
    for (const run of runs) {
      expect(bytesOf(run.rows).equals(bytesOf(runs[0]!.rows))).toBe(true)
      expect(bits(run.state).equals(bits(runs[0]!.state))).toBe(true)
    }
  })

  test('a run resumed from a checkpoint equals one never stopped', async () => {
    const optimizer = rung === 'js' ? 'adamw' : 'sgd'
    const schedules = {
      rateSchedule: 'cosine',
      rateWarmup: 20,
      betaWarmup: 60,
      patience: 3,
    } as const
    const plan = smallPlan(smallConfig('elbo-2d', { optimizer, learningRate: 1e-4, ...schedules }))
    const whole = await trained(plan)
    // stops in the middle of an epoch, of a chunk of the other run and of the warm-up
    const first = await trained(plan, { chunk: 1, stopAt: 47 })
    expect(first.outcome).toMatchObject({ outcome: 'stopped', step: 47 })
    const second = await trained(plan, { chunk: 9, from: first.checkpoints.at(-1)!.bytes })
    expect(
      Buffer.concat([bytesOf(first.rows), bytesOf(second.rows)]).equals(bytesOf(whole.rows)),
    ).toBe(true)
    expect(bits(second.state).equals(bits(whole.state))).toBe(true)
    expect([...first.validations, ...second.validations]).toEqual(whole.validations)
    expect(second.outcome).toEqual(whole.outcome)
  })

  test('one bit of the weights more or less is noticed', async () => {
    const plan = smallPlan(smallConfig('elbo-2d', { length: 20 }))
    const whole = await trained(plan)
    const first = await trained(plan, { stopAt: 10 })
    const bytes = first.checkpoints.at(-1)!.bytes
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true))
    bytes[8 + length]! ^= 1 // the lowest bit of the first weight
    expect(bits((await trained(plan, { from: bytes })).state).equals(bits(whole.state))).toBe(false)
  })
})
