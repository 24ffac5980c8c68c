// What this process has ready before a run needs it: data sets read, functions compiled, and the
// programs of one run's settings. All of it is made by what a run calls itself, so a run that finds
// it here ends with the same weights.
import type { Backend } from '../backends/backend.ts'
import { compiledApply } from '../compile/functions.ts'
import type { CompiledProgram } from '../compile/compiledProgram.ts'
import { openDataset, type Dataset } from '../datasets/index.ts'
import { applyDirectly, type Apply } from '../engine/model.ts'
import type { ValidationSet } from '../engine/evaluation.ts'
import { dispose } from '../engine/tf.ts'
import type { Mode, RunConfig } from '../../preload/contract/runConfig.ts'

let opened: { name: string; dataset: Promise<Dataset> } | null = null

/** The data set, read and checked once in this process until another one is asked for. */
export function datasetOnce(
  name: string,
  open: (name: string) => Promise<Dataset> = openDataset,
): Promise<Dataset> {
  if (opened?.name === name) return opened.dataset
  const opening = { name, dataset: open(name) }
  opened = opening
  opening.dataset.catch(() => {
    if (opened === opening) opened = null
  })
  return opening.dataset
}

const applies = new WeakMap<object, Apply>()

/**
 * How computations outside the step run on a backend; compiled ones stay for the next model of the
 * same shape.
 */
export function applyOn({ native }: Backend): Apply {
  if (!native) return applyDirectly
  const apply = applies.get(native) ?? compiledApply(native)
  applies.set(native, apply)
  return apply
}

interface Ahead {
  key: string
  program: CompiledProgram
  /** Null until it is on the device and its functions are compiled. */
  validation: ValidationSet | null
}

let ahead: Ahead | null = null

/** Equal for equal settings: every one of them counts, since a program rests on most. */
export const settingsKey = (config: RunConfig) =>
  JSON.stringify(Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1)))

/** What is ready for exactly these settings. */
export const aheadFor = (config: RunConfig): Readonly<Ahead> | null =>
  ahead?.key === settingsKey(config) ? ahead : null

/** Keeps the program of these settings, in the place of others. */
export function keepAhead(config: RunConfig, program: CompiledProgram): void {
  dropAhead()
  ahead = { key: settingsKey(config), program, validation: null }
}

/** Keeps the validation images beside the program of the same settings. */
export function keepValidationAhead(validation: ValidationSet): void {
  if (ahead) ahead.validation = validation
}

export function dropAhead(): void {
  ahead?.program.dispose()
  if (ahead?.validation) disposeValidation(ahead.validation)
  ahead = null
}

export function disposeValidation({ batches }: ValidationSet): void {
  for (const { x, noise } of batches) dispose([x, noise])
}

/** What is ready for other settings than these is freed. */
export function dropOthers(config: RunConfig): void {
  if (!aheadFor(config)) dropAhead()
}

/**
 * The run has what it uses: a program that it does not use, one of another mode, is freed. Nothing
 * is ahead any more.
 */
export function handOver(used: { program: unknown; validation: ValidationSet }): void {
  if (ahead && ahead.program !== used.program) ahead.program.dispose()
  if (ahead?.validation && ahead.validation !== used.validation) disposeValidation(ahead.validation)
  ahead = null
}

/**
 * The program of exactly these settings in this mode; null when it was not compiled ahead. The
 * caller restores its state.
 */
export function programAhead(config: RunConfig, mode: Mode): CompiledProgram | null {
  const program = aheadFor(config)?.program
  return program?.mode === mode ? program : null
}

/** The validation images of exactly these settings, on the device; null when they are not there. */
export function validationAhead(config: RunConfig): ValidationSet | null {
  return aheadFor(config)?.validation ?? null
}
