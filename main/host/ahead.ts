// What this process has ready before a run needs it: data sets read, functions compiled, and the programs of one run's
// settings. All of it is made by what a run calls itself, so a run that finds it here ends with the same weights.
import type { Backend } from '../backends/index.ts'
import { compiledApply } from '../compile/functions.ts'
import type { CompiledProgram } from '../compile/program.ts'
import { openDataset, type Dataset } from '../datasets/index.ts'
import { applyDirectly, type Apply } from '../engine/apply.ts'
import type { ValidationSet } from '../engine/evaluate.ts'
import { dispose } from '../engine/tf.ts'
import type { Mode, RunConfig } from '../../preload/contract/runConfig.ts'

const opened = new Map<string, Promise<Dataset>>()

/** The data set, read and checked once in this process. */
export function datasetOnce(name: string): Promise<Dataset> {
  const opening = opened.get(name) ?? openDataset(name)
  opened.set(name, opening)
  opening.catch(() => opened.delete(name))
  return opening
}

const applies = new WeakMap<object, Apply>()

/** How computations outside the step run on a backend; compiled ones stay for the next model of the same shape. */
export function applyOn({ native }: Backend): Apply {
  if (!native) return applyDirectly
  const apply = applies.get(native) ?? compiledApply(native)
  applies.set(native, apply)
  return apply
}

interface Ahead {
  key: string
  program: CompiledProgram
  validation: ValidationSet
}

let ahead: Ahead | null = null

/** Equal for equal settings: every one of them counts, since a program rests on most. */
export const settingsKey = (config: RunConfig) => JSON.stringify(Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1)))

export const isAhead = (config: RunConfig): boolean => ahead?.key === settingsKey(config)

/** Keeps the programs of these settings, in the place of others. */
export function keepAhead(config: RunConfig, program: CompiledProgram, validation: ValidationSet): void {
  dropAhead()
  ahead = { key: settingsKey(config), program, validation }
}

export function dropAhead(): void {
  ahead?.program.dispose()
  for (const { x, noise } of ahead?.validation.batches ?? []) dispose([x, noise])
  ahead = null
}

/** The program of exactly these settings in this mode; null when it was not compiled ahead. The caller restores its state. */
export function programAhead(config: RunConfig, mode: Mode): CompiledProgram | null {
  return ahead && isAhead(config) && ahead.program.mode === mode ? ahead.program : null
}

/** The validation images of exactly these settings, on the device; null when they are not there. */
export function validationAhead(config: RunConfig): ValidationSet | null {
  return ahead && isAhead(config) ? ahead.validation : null
}
