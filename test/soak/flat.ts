// Nothing piles up: tensors and memory stay as they are over 10,000 steps, 100 evaluations and 100
// checkpoints. `npm run soak -- flat [--steps 10000] [--rung js|wasm|tensorflow] [--mode M]`;
// without flags every rung and mode.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { parseArgs } from 'node:util'
import type { NativeBackend } from '../../main/backends/nativeBackend.ts'
import { loadPortable } from '../../main/backends/portable.ts'
import { encodeCheckpoint } from '../../main/engine/checkpoint.ts'
import { eagerProgram, type TrainingProgram } from '../../main/engine/trainingProgram.ts'
import type { TrainingPlan } from '../../main/engine/plan.ts'
import * as tf from '../../main/engine/tf.ts'
import { freshProgress } from '../../main/engine/train.ts'
import { initialState } from '../../main/engine/modelState.ts'
import { modes, type Mode } from '../../preload/contract/runConfig.ts'
import { runtimeInstalled } from '../kit/backend.ts'
import { nativeBackend, programIn } from '../compile/native.ts'
import { measure, meta, smallConfig, smallPlan } from '../engine/smallRun.ts'

export interface Flatness {
  rung: string
  mode: Mode
  steps: number
  evaluations: number
  /** tfjs's tensors and the native library's, after the first hundredth and at the end. */
  tensors: [before: string, after: string]
  /**
   * Megabytes after each tenth, rubbish collected: of the process, and of JavaScript's objects and
   * arrays.
   */
  resident: number[]
  held: number[]
}

/**
 * Megabytes allowed from the third tenth to the last. V8 takes pages for its rubbish in one go and
 * keeps them (70 seen once on js), so there what is held says more; on the native rung the
 * process's memory did not move at all.
 */
const allowed = { held: 4, native: 24, portable: 128 }

/** Trains with an evaluation and a checkpoint every hundredth. */
export async function flatness(
  rung: string,
  program: TrainingProgram,
  plan: TrainingPlan,
  native: NativeBackend | null,
  steps: number,
): Promise<Flatness> {
  const part = Math.max(1, Math.floor(steps / 100))
  const count = () =>
    `${tf.memory().numTensors} tfjs, ${native ? native.binding.getNumOfTensors() : 0} native`
  let before = ''
  const [resident, held]: [number[], number[]] = [[], []]
  for (let index = 0; index < 100; index++) {
    program.run(1 + index * part, part)
    await measure(plan, program)
    encodeCheckpoint(
      { ...meta(plan.config, program), progress: { ...freshProgress(), step: (index + 1) * part } },
      program.read(),
    )
    if (index === 0) before = count()
    if (index % 10 !== 9) continue
    const memory = collected()
    resident.push(memory.rss / 1e6)
    held.push((memory.heapUsed + memory.external) / 1e6)
  }
  return {
    rung,
    mode: program.mode,
    steps: 100 * part,
    evaluations: 100,
    tensors: [before, count()],
    resident,
    held,
  }
}

/** What piled up, or null. */
export function growth({ rung, tensors, resident, held }: Flatness): string | null {
  if (tensors[0] !== tensors[1]) return `tensors grew from ${tensors[0]} to ${tensors[1]}`
  const grown = (series: number[]) => series.at(-1)! - series[2]!
  if (grown(held) > allowed.held)
    return `JavaScript's memory grew by ${grown(held).toFixed(1)} MB (${megabytes(held)})`
  const most = rung === 'tensorflow' ? allowed.native : allowed.portable
  return grown(resident) > most
    ? `resident memory grew by ${grown(resident).toFixed(0)} MB (${megabytes(resident)})`
    : null
}

const megabytes = (series: number[]) => series.map((each) => each.toFixed(0)).join(' ')

function collected(): NodeJS.MemoryUsage {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  return process.memoryUsage()
}

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      steps: { type: 'string', default: '10000' },
      rung: { type: 'string' },
      mode: { type: 'string' },
    },
  })
  const works = [
    ['js', 'eager'],
    ['wasm', 'eager'],
    ...modes.map((mode) => ['tensorflow', mode]),
  ] as [string, Mode][]
  const chosen = works.filter(
    ([rung, mode]) => (values.rung ?? rung) === rung && (values.mode ?? mode) === mode,
  )
  if (chosen.length === 0)
    throw new Error(
      `expected a rung and a mode of ${works.map((work) => work.join(' ')).join(', ')}, found ${values.rung} ${values.mode}`,
    )
  const problems: string[] = []
  for (const [rung, mode] of chosen) {
    if (rung === 'tensorflow' && !runtimeInstalled) {
      console.log(`${rung} ${mode}: skipped, the native runtime is not installed`)
      continue
    }
    const native =
      rung === 'tensorflow'
        ? await nativeBackend()
        : (await loadPortable(rung as 'js' | 'wasm'), null)
    const plan = smallPlan(smallConfig('elbo-2d', { length: Number(values.steps) }))
    const state = initialState(plan.config, plan.image)
    const program = native ? programIn(mode, native)(plan, state) : eagerProgram(plan, state)
    const found = await flatness(rung, program, plan, native, Number(values.steps))
    program.dispose()
    console.log(
      `${rung} ${mode}: ${found.steps} steps, ${found.evaluations} evaluations and checkpoints: ${found.tensors[0]} -> ${found.tensors[1]}; resident MB ${megabytes(found.resident)}; held by JavaScript ${megabytes(found.held)}`,
    )
    const problem = growth(found)
    if (problem) problems.push(`${rung} ${mode}: ${problem}`)
  }
  if (problems.length > 0) throw new Error(problems.join('\n'))
}
