// Graphs work with the eager loop's kernels in the eager loop's order: rows, weights and slots are
// its own, bit for bit.
import { beforeAll, expect, test } from 'vitest'
import type { NativeBackend } from '../../main/backends/nativeBackend.ts'
import { compiledProgram } from '../../main/compile/compiledProgram.ts'
import { eagerProgram, type TrainingProgram } from '../../main/engine/trainingProgram.ts'
import { initialState } from '../../main/engine/modelState.ts'
import { bits, bytesOf, smallConfig, smallPlan, variety } from '../engine/smallRun.ts'
import { nativeBackend } from './native.ts'
import { withRuntime } from '../kit/needing.ts'

const STEPS = 15 // more than an epoch
const configs = {
  ...variety,
  'convolutions, learned variance, odd sizes': smallConfig(null, {
    network: 'conv',
    likelihood: 'gaussian-learned',
    batchSize: 6,
    latentSize: 1,
  }),
}

withRuntime.describe('a graph repeats the eager loop', () => {
  let native: NativeBackend
  beforeAll(async () => void (native = await nativeBackend()))

  test.each(Object.entries(configs))(
    '%s',
    (_name, config) => {
      const plan = smallPlan(config)
      const initial = initialState(plan.config, plan.image)
      const run = (program: TrainingProgram) => {
        const rows = bytesOf(program.run(1, STEPS))
        const state = bits(program.read())
        program.dispose()
        return { rows, state }
      }
      const eager = run(eagerProgram(plan, initial))
      for (const mode of ['graph-step', 'graph-loop'] as const) {
        const graph = run(compiledProgram(plan, initial, mode, native))
        expect(graph.rows.equals(eager.rows), `${mode}: rows`).toBe(true)
        expect(graph.state.equals(eager.state), `${mode}: state`).toBe(true)
      }
    },
    60_000,
  )
})
