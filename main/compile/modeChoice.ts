// Which mode executes a run's steps. A recorded or forced mode is taken as it is; otherwise the
// mode is tuned once for each (network and batch, backend version, threads, processor) by timing
// the candidates, and remembered. Tuning costs seconds of compiling, so a run that would end sooner
// than it pays takes the mode that is usually best.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { dirname, join } from 'node:path'
import type { Mode, RunConfig } from '../../preload/contract/runConfig.ts'
import type { Backend } from '../backends/backend.ts'
import { sealPrograms } from '../backends/programCache.ts'
import { eagerProgram, type TrainingProgram } from '../engine/trainingProgram.ts'
import type { TrainingPlan } from '../engine/plan.ts'
import type { TrainingState } from '../engine/modelState.ts'
import { UnknownOperation } from './functionGraph.ts'
import { compiledProgram, type CompiledMode, type CompiledProgram } from './compiledProgram.ts'

export interface ChosenProgram {
  program: TrainingProgram
  compileSeconds: number
  /** Why this mode, when that needs saying; empty otherwise. */
  note: string
}

export interface ChoiceSettings {
  backend: Backend
  /** The run's recorded mode, or the one asked for, or auto. */
  mode: 'auto' | Mode
  cacheFolder: string
  stage: (text: string) => void
  /**
   * A program of these very settings in a mode, compiled before the run came; null where there is
   * none.
   */
  ahead?: (mode: CompiledMode) => CompiledProgram | null
}

/**
 * Candidates, usually best first. XLA's loop is fastest for dense layers; XLA has no fast
 * convolution on a CPU.
 */
const candidates: Record<RunConfig['network'], CompiledMode[]> = {
  dense: ['xla-loop', 'xla-step', 'graph-loop'],
  conv: ['graph-loop', 'graph-step', 'xla-step'],
}
/** A run shorter than this, by the usual mode's speed, is not worth tuning for. */
const WORTH_TUNING_SECONDS = 120
const TRIAL_MILLISECONDS = 400
const ROUNDS = 4
const CLEARLY = 0.95
/** Enough to tell a long run from a short one. */
const GLANCE_MILLISECONDS = 20

/**
 * Eager on the portable rungs; on native ones compiled, falling back to eager when a step holds an
 * unknown operation.
 */
export function chooseProgram(
  plan: TrainingPlan,
  state: TrainingState,
  settings: ChoiceSettings,
): ChosenProgram {
  const { backend, mode } = settings
  if (mode === 'eager' || !backend.native) {
    const note =
      mode !== 'auto' && mode !== 'eager'
        ? `The mode ${mode} needs a native backend; on ${backend.rung}, operations run one at a time.`
        : ''
    return { program: eagerProgram(plan, state), compileSeconds: 0, note }
  }
  try {
    if (mode !== 'auto') return warmed(plan, state, mode, settings)
    const { file, key, known } = remembered(plan.config, settings)
    if (known) return warmed(plan, state, known, settings)
    return tuned(plan, state, settings, (best) =>
      writeTuned(file, { ...readTuned(file), [key]: best }),
    )
  } catch (thrown) {
    if (!(thrown instanceof UnknownOperation)) throw thrown
    return {
      program: eagerProgram(plan, state),
      compileSeconds: 0,
      note: `Operations run one at a time: ${thrown.message}.`,
    }
  }
}

/**
 * The program that chooseProgram begins with, ahead of its run; null where steps are not compiled.
 */
export function compileFirst(
  plan: TrainingPlan,
  state: TrainingState,
  settings: ChoiceSettings,
): CompiledProgram | null {
  const { backend, mode } = settings
  if (mode === 'eager' || !backend.native) return null
  const first =
    mode === 'auto'
      ? (remembered(plan.config, settings).known ?? candidates[plan.config.network][0]!)
      : mode
  try {
    return warmed(plan, state, first, settings).program
  } catch (thrown) {
    if (thrown instanceof UnknownOperation) return null
    throw thrown
  }
}

// Where the mode of such a network is kept, and which it is when it has been tuned.
function remembered(
  config: RunConfig,
  { backend, cacheFolder }: ChoiceSettings,
): { file: string; key: string; known: CompiledMode | undefined } {
  const file = join(cacheFolder, 'tuned-modes.json')
  const key = tuningKey(config, backend)
  const known = readTuned(file)[key]
  return {
    file,
    key,
    known: known && candidates[config.network].includes(known) ? known : undefined,
  }
}

function warmed(
  plan: TrainingPlan,
  state: TrainingState,
  mode: CompiledMode,
  settings: ChoiceSettings,
): ChosenProgram & { program: CompiledProgram } {
  settings.stage(mode.startsWith('xla') ? 'Compiling (XLA)' : 'Compiling')
  const before = performance.now()
  const ahead = settings.ahead?.(mode)
  if (ahead) {
    ahead.restore(state)
    return { program: ahead, compileSeconds: (performance.now() - before) / 1000, note: '' }
  }
  const program = compiledProgram(plan, state, mode, settings.backend.native!)
  program.warm()
  sealPrograms()
  return { program, compileSeconds: (performance.now() - before) / 1000, note: '' }
}

// The usual mode first; when the run is long enough, every candidate against it, each from the same
// state.
function tuned(
  plan: TrainingPlan,
  state: TrainingState,
  settings: ChoiceSettings,
  remember: (best: CompiledMode) => void,
): ChosenProgram {
  const [usual, ...others] = candidates[plan.config.network]
  let best = warmed(plan, state, usual!, settings)
  let compileSeconds = best.compileSeconds
  if (
    (trial(plan, best.program, GLANCE_MILLISECONDS) * plan.totalSteps) / 1000 >
    WORTH_TUNING_SECONDS
  ) {
    for (const mode of others) {
      settings.stage(`Choosing the fastest mode (${mode})`)
      const other = warmed(plan, state, mode, settings)
      compileSeconds += other.compileSeconds
      const loser = isFaster(plan, other.program, best.program) ? best : other
      if (loser === best) best = other
      loser.program.dispose()
    }
    remember(best.program.mode as CompiledMode)
  }
  best.program.restore(state)
  return { ...best, compileSeconds }
}

// In turns, so that other work on the machine slows both; the usual mode stays unless the other is
// clearly faster.
function isFaster(plan: TrainingPlan, other: TrainingProgram, usual: TrainingProgram): boolean {
  let [otherTime, usualTime] = [Infinity, Infinity]
  for (let round = 0; round < ROUNDS; round++) {
    usualTime = Math.min(usualTime, trial(plan, usual, TRIAL_MILLISECONDS / ROUNDS))
    otherTime = Math.min(otherTime, trial(plan, other, TRIAL_MILLISECONDS / ROUNDS))
  }
  return otherTime < CLEARLY * usualTime
}

/**
 * Milliseconds a step: the least of several short stretches, since other work on the machine only
 * adds.
 */
function trial(plan: TrainingPlan, program: TrainingProgram, milliseconds: number): number {
  const most = Math.min(plan.stepsPerEpoch, plan.totalSteps)
  let least = Infinity
  let count = 1
  for (const start = performance.now(); performance.now() - start < milliseconds;) {
    const before = performance.now()
    program.run(1, count)
    const took = performance.now() - before
    least = Math.min(least, took / count)
    if (took < 50) count = Math.min(most, count * 2)
  }
  return least
}

// Everything that changes the graph or its speed, but not the seed, the rates or the length. The
// order is part of the key.
const graphSettings = [
  'network',
  'encoderLayers',
  'decoderLayers',
  'encoderFilters',
  'decoderFilters',
  'activation',
  'latentSize',
  'objective',
  'likelihood',
  'binarisation',
  'optimizer',
  'batchSize',
  'dataset',
] as const satisfies readonly (keyof RunConfig)[]

function tuningKey(config: RunConfig, backend: Backend): string {
  const graph = Object.fromEntries(graphSettings.map((name) => [name, config[name]]))
  const machine = {
    rung: backend.rung,
    version: backend.version,
    threads: backend.threads,
    processor: cpus()[0]?.model ?? process.arch,
  }
  return createHash('sha256')
    .update(JSON.stringify([graph, machine]))
    .digest('hex')
    .slice(0, 32)
}

function readTuned(file: string): Record<string, CompiledMode> {
  try {
    return { ...(JSON.parse(readFileSync(file, 'utf8')) as Record<string, CompiledMode>) }
  } catch {
    return {} // not tuned yet, or a damaged file: tuning again is all it costs
  }
}

/** A cache folder that cannot be written only means tuning again next time. */
function writeTuned(file: string, tunedModes: Record<string, CompiledMode>): void {
  const temporary = `${file}.${process.pid}`
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(temporary, JSON.stringify(tunedModes))
    renameSync(temporary, file)
  } catch {
    // nothing is lost: this run has its mode
  }
}
