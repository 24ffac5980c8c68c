// A compiled program keeps no hold of the arrays that it is given. (TensorFlow uses aligned memory
// in place; freeing it later, on a thread of TensorFlow's, calls into Node from the wrong thread
// and crashes at random.)
import { expect } from 'vitest'
import { compiledProgram } from '../../main/compile/compiledProgram.ts'
import { initialState, type NamedArrays } from '../../main/engine/modelState.ts'
import { bits, smallConfig, smallPlan } from '../engine/smallRun.ts'
import { nativeBackend } from './native.ts'
import { withRuntime } from '../kit/needing.ts'

// Memory comes aligned to 16 bytes, TensorFlow asks for 64: one of four neighbours is aligned.
function shifted(arrays: NamedArrays, bytes: number): NamedArrays {
  const copies = Object.entries(arrays).map(([name, { shape, values }]) => {
    const copy = new Float32Array(new ArrayBuffer(values.byteLength + 64), bytes, values.length)
    copy.set(values)
    return [name, { shape, values: copy }]
  })
  return Object.fromEntries(copies) as NamedArrays
}

withRuntime.test(
  'arrays that are changed after they were written do not change the weights',
  async () => {
    const plan = smallPlan(smallConfig('tutorial'))
    const initial = initialState(plan.config, plan.image)
    const program = compiledProgram(plan, initial, 'graph-step', await nativeBackend())
    for (const bytes of [0, 16, 32, 48]) {
      const state = {
        parameters: shifted(initial.parameters, bytes),
        slots: shifted(initial.slots, bytes),
      }
      program.restore(state)
      for (const { values } of [...Object.values(state.parameters), ...Object.values(state.slots)])
        values.fill(1e9)
      expect(bits(program.read()).equals(bits(initial)), `${bytes} bytes further`).toBe(true)
    }
    program.dispose()
  },
  60_000,
)
