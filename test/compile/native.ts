// The native rung for proofs about compiled programs, and every mode on it.
import { activateRung } from '../../main/backends/index.ts'
import type { NativeBackend } from '../../main/backends/nativeBackend.ts'
import { compiledProgram, type CompiledMode } from '../../main/compile/compiledProgram.ts'
import type { TrainingPlan } from '../../main/engine/plan.ts'
import { eagerProgram, type TrainingProgram } from '../../main/engine/trainingProgram.ts'
import type { TrainingState } from '../../main/engine/modelState.ts'
import { defaultCacheFolder } from '../../main/runtime/cache.ts'
import { modes, type Mode } from '../../preload/contract/runConfig.ts'

export const compiledModes = modes.filter((mode): mode is CompiledMode => mode !== 'eager')

export async function nativeBackend(): Promise<NativeBackend> {
  return (await activateRung('tensorflow', { cacheFolder: defaultCacheFolder() })).native!
}

/** Makes the program of a mode, for engine/smallRun.ts. */
export function programIn(
  mode: Mode,
  native: NativeBackend,
): (plan: TrainingPlan, state: TrainingState) => TrainingProgram {
  return (plan, state) =>
    mode === 'eager' ? eagerProgram(plan, state) : compiledProgram(plan, state, mode, native)
}
