// Every way of executing a step against the eager loop, for every preset. `npm run soak -- modes
// [PRESET] [STEPS] [SEED]`. In step: each of the 200 steps starts from the eager loop's state, so
// errors are the step's own. Free: 200 steps on end. Graphs repeat the eager loop bit for bit. XLA
// rounds otherwise: an error of 1e-8 may put one ReLU on the other side of 0; Adam, which divides
// by the size of gradients, then carries the two runs apart, as it does for the eager loop with the
// last bits of its weights changed (the control).
import {
  compiledProgram,
  type CompiledMode,
  type CompiledProgram,
} from '../../main/compile/compiledProgram.ts'
import type { NativeBackend } from '../../main/backends/nativeBackend.ts'
import { openDataset } from '../../main/datasets/index.ts'
import { planRun, type TrainingPlan } from '../../main/engine/plan.ts'
import { eagerProgram } from '../../main/engine/trainingProgram.ts'
import { initialState, type NamedArrays, type TrainingState } from '../../main/engine/modelState.ts'
import { configFrom } from '../../preload/contract/config.ts'
import { presetNames, type PresetName } from '../../preload/contract/presets.ts'
import { metricColumns } from '../../preload/contract/records.ts'
import { runtimeInstalled } from '../kit/backend.ts'
import { compiledModes, nativeBackend } from '../compile/native.ts'

/**
 * Relative errors allowed under XLA: of a metric in any step; of a step's change of weights and of
 * slots (Euclidean norms), in the middle step of all and in a step in which a ReLU flips (2e-3 and
 * 1.4e-2 measured); of the means of reconstruction and objective over free steps. KL, a small part
 * of a net that just began, drifts as far as the control does, and is printed.
 */
export const tolerance = { metric: 1e-4, usual: 1e-3, flipped: 5e-2, freeMean: 1e-3 }

export interface InStep {
  mode: CompiledMode
  /** Largest relative error of [reconstruction, kl, objective] over all steps. */
  worst: number[]
  /** Relative error of each step's change of weights and of slots, the larger one. */
  updates: number[]
}

export interface Free {
  mode: CompiledMode | 'control'
  worst: number[]
  /** Relative error of the mean over all steps. */
  mean: number[]
  /** First step with an error above tolerance.metric, by column; null when there is none. */
  apart: (number | null)[]
}

export async function presetPlan(
  preset: PresetName,
  seed: number,
  images?: number,
): Promise<TrainingPlan> {
  const dataset = await openDataset('mnist')
  const split = dataset.split('train')
  const { height, width, channels } = dataset.info
  const count = Math.min(split.count, images ?? split.count)
  return planRun(
    configFrom(preset, { seed }),
    { height, width, channels },
    { images: split.images.subarray(0, count * height * width * channels), count },
  )
}

/** XLA's loop has no fast convolution on a CPU: seconds a step, so every 20th step is compared. */
const everyOf = (plan: TrainingPlan, mode: CompiledMode) =>
  plan.config.network === 'conv' && mode === 'xla-loop' ? 20 : 1

/** Each step from the eager loop's state. Also returns the eager loop's rows, steps x 3. */
export function inStep(
  plan: TrainingPlan,
  modes: CompiledMode[],
  native: NativeBackend,
  steps: number,
): { agreements: InStep[]; rows: Float32Array } {
  let before = initialState(plan.config, plan.image)
  const eager = eagerProgram(plan, before)
  const programs = modes.map((mode) => compiledProgram(plan, before, mode, native))
  const agreements = modes.map((mode): InStep => ({ mode, worst: [0, 0, 0], updates: [] }))
  const rows = new Float32Array(3 * steps)
  for (let step = 1; step <= steps; step++) {
    const row = eager.run(step, 1)
    const after = eager.read()
    rows.set(row, 3 * (step - 1))
    programs.forEach((program, index) => {
      if (step % everyOf(plan, modes[index]!) === 0)
        compareStep(program, before, after, row, step, agreements[index]!)
    })
    before = after
  }
  for (const program of [eager, ...programs]) program.dispose()
  return { agreements, rows }
}

function compareStep(
  program: CompiledProgram,
  before: TrainingState,
  after: TrainingState,
  row: Float32Array,
  step: number,
  agreement: InStep,
): void {
  program.restore(before)
  const found = program.run(step, 1)
  agreement.worst = agreement.worst.map((worst, column) =>
    Math.max(worst, relative(found[column]!, row[column]!)),
  )
  const { parameters, slots } = program.read()
  const change = (arrays: NamedArrays, kind: keyof TrainingState) =>
    distance(arrays, after[kind]) / distance(before[kind], after[kind])
  agreement.updates.push(Math.max(change(parameters, 'parameters'), change(slots, 'slots')))
}

/** All steps on end; `rows` are the eager loop's. */
export function free(
  plan: TrainingPlan,
  modes: (CompiledMode | 'control')[],
  native: NativeBackend,
  rows: Float32Array,
): Free[] {
  const state = initialState(plan.config, plan.image)
  const steps = rows.length / 3
  return modes.map((mode) => {
    const program =
      mode === 'control'
        ? eagerProgram(plan, lastBitsChanged(state))
        : compiledProgram(plan, state, mode, native)
    const found = program.run(1, steps)
    program.dispose()
    return { mode, ...freely(found, rows, steps) }
  })
}

function freely(found: Float32Array, rows: Float32Array, steps: number): Omit<Free, 'mode'> {
  const columns = metricColumns.map((_, column) =>
    Array.from(
      { length: steps },
      (_row, step) => [found[3 * step + column]!, rows[3 * step + column]!] as const,
    ),
  )
  const mean = (pairs: (readonly [number, number])[], side: 0 | 1) =>
    pairs.reduce((sum, pair) => sum + pair[side], 0) / steps
  return {
    worst: columns.map((pairs) => Math.max(...pairs.map(([a, b]) => relative(a, b)))),
    mean: columns.map((pairs) => relative(mean(pairs, 0), mean(pairs, 1))),
    apart: columns.map(
      (pairs) => 1 + pairs.findIndex(([a, b]) => !(relative(a, b) <= tolerance.metric)) || null,
    ),
  }
}

/** Every other weight one unit in the last place up, the others down. */
function lastBitsChanged(state: TrainingState): TrainingState {
  const changed = Object.entries(state.parameters).map(([name, { shape, values }]) => [
    name,
    { shape, values: values.map((value, i) => value * (1 + (i % 2 ? 1 : -1) * 2 ** -23)) },
  ])
  return { parameters: Object.fromEntries(changed) as NamedArrays, slots: state.slots }
}

const relative = (found: number, expected: number) =>
  Math.abs(found - expected) / Math.abs(expected)

function distance(a: NamedArrays, b: NamedArrays): number {
  let sum = 0
  for (const [name, { values }] of Object.entries(a)) {
    const others = b[name]!.values
    for (let i = 0; i < values.length; i++) sum += (values[i]! - others[i]!) ** 2
  }
  return Math.sqrt(sum)
}

function spread(errors: number[]): { usual: number; most: number } {
  const sorted = [...errors].sort((a, b) => a - b)
  return { usual: sorted[sorted.length >> 1]!, most: sorted.at(-1)! }
}

/**
 * Why a result does not hold, or null. Graphs must repeat every bit; free rows must agree under XLA
 * too in smooth networks.
 */
export function problem(preset: PresetName, result: InStep | Free): string | null {
  if (result.mode.startsWith('graph')) {
    const errors = [...result.worst, ...('updates' in result ? result.updates : [])]
    return errors.every((error) => error === 0)
      ? null
      : `${preset} ${result.mode}: expected the eager loop's bits, found differences of up to ${Math.max(...errors)}`
  }
  if ('updates' in result) {
    if (!result.worst.every((error) => error <= tolerance.metric))
      return `${preset} ${result.mode}: metrics differ by ${result.worst.join()} in a step`
    const { usual, most } = spread(result.updates)
    return usual <= tolerance.usual && most <= tolerance.flipped
      ? null
      : `${preset} ${result.mode}: updates differ by ${usual}, at most ${most}`
  }
  const smooth = configFrom(preset).activation !== 'relu'
  const held = smooth ? result.mean : [result.mean[0]!, result.mean[2]!]
  if (!held.every((error) => error <= (smooth ? tolerance.metric : tolerance.freeMean)))
    return `${preset} ${result.mode}: means differ by ${result.mean.join()}`
  return smooth && result.apart.some((step) => step !== null)
    ? `${preset} ${result.mode}: rows differ from step ${result.apart.join()}`
    : null
}

const figures = (errors: number[]) => errors.map((error) => error.toExponential(1)).join(' ')

export async function run(args: string[]): Promise<void> {
  const presets = args[0] && args[0] !== 'all' ? [args[0] as PresetName] : presetNames
  const [steps, seed] = [Number(args[1] ?? 200), Number(args[2] ?? 0)]
  if (!presets.every((name) => presetNames.includes(name)) || !(steps >= 1) || !(seed >= 0))
    throw new Error(
      `expected [all|${presetNames.join('|')}] [STEPS] [SEED], found ${args.join(' ')}`,
    )
  if (!runtimeInstalled)
    throw new Error('the native runtime is not installed: latent runtime install')
  const native = await nativeBackend()
  console.log(
    `modes: ${steps} steps, seed ${seed}; relative errors of ${metricColumns.join(', ')} against the eager loop`,
  )
  const problems: string[] = []
  for (const preset of presets) {
    const plan = await presetPlan(preset, seed)
    const { agreements, rows } = inStep(plan, compiledModes, native, steps)
    const freed = compiledModes.filter((mode) => everyOf(plan, mode) === 1)
    for (const { mode, worst, updates } of agreements) {
      const { usual, most } = spread(updates)
      console.log(
        `${preset} ${mode} in step: worst ${figures(worst)}; updates ${figures([usual])}, at most ${figures([most])} (${updates.length} steps compared)`,
      )
    }
    const frees = free(plan, ['control', ...freed], native, rows)
    for (const { mode, worst, mean, apart } of frees)
      console.log(
        `${preset} ${mode} free: worst ${figures(worst)}, means ${figures(mean)}, above 1e-4 from step ${apart.map((step) => step ?? '-').join(' ')}`,
      )
    for (const result of [...agreements, ...frees.filter(({ mode }) => mode !== 'control')])
      problems.push(problem(preset, result) ?? '')
  }
  const found = problems.filter((text) => text !== '')
  if (found.length > 0) throw new Error(found.join('\n'))
}
