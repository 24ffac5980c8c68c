// Checks a run's configuration: parsing returns a whole RunConfig, or throws with every problem
// found.
import { StudioError } from './errors.ts'
import { presets, type PresetName } from './presets.ts'
import type { RunConfig, Setting } from './runConfig.ts'
import { settings } from './settings.ts'

export interface ConfigProblem {
  key: string
  message: string
}

/** Every setting at its default. */
export function defaultConfig(): RunConfig {
  const entries = Object.entries(settings).map(([key, setting]) => [
    key,
    Array.isArray(setting.default) ? [...setting.default] : setting.default,
  ])
  return Object.fromEntries(entries) as RunConfig
}

/**
 * A preset with some settings changed. Throws StudioError `bad-config` with every problem in
 * data.problems.
 */
export function configFrom(
  preset: PresetName | null,
  changes: Record<string, unknown> = {},
): RunConfig {
  return parseConfig({ ...defaultConfig(), ...(preset ? presets[preset].config : {}), ...changes })
}

/**
 * Every problem of a value that should be a RunConfig, or an empty list. Missing keys take their
 * defaults.
 */
export function configProblems(value: unknown): ConfigProblem[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [{ key: '', message: `Expected an object of settings, found ${describe(value)}.` }]
  const problems: ConfigProblem[] = []
  for (const [key, found] of Object.entries(value)) {
    const setting = (settings as Record<string, Setting>)[key]
    if (!Object.hasOwn(settings, key) || !setting)
      problems.push({ key, message: `There is no setting "${key}"${suggestion(key)}` })
    else {
      const message = settingProblem(setting, found)
      if (message) problems.push({ key, message: `${setting.label}: ${message}` })
    }
  }
  if (problems.length === 0)
    problems.push(...contradictions({ ...defaultConfig(), ...(value as Partial<RunConfig>) }))
  return problems
}

/** A checked RunConfig with all keys. Throws StudioError `bad-config`. */
export function parseConfig(value: unknown): RunConfig {
  const problems = configProblems(value)
  if (problems.length > 0)
    throw new StudioError('bad-config', problems.map((problem) => problem.message).join(' '), {
      problems,
    })
  return { ...defaultConfig(), ...(value as Partial<RunConfig>) }
}

/** Why a value doesn't fit its setting, as the end of a sentence; null when it fits. */
export function settingProblem(setting: Setting, found: unknown): string | null {
  const range = (minimum: number | string, maximum: number) =>
    `expected ${setting.kind === 'integer' ? 'a whole number' : 'a number'} from ${minimum} to ${maximum}, found ${describe(found)}.`
  switch (setting.kind) {
    case 'integer':
      return Number.isSafeInteger(found) &&
        (found as number) >= setting.min &&
        (found as number) <= setting.max
        ? null
        : range(setting.min, setting.max)
    case 'number': {
      const fits =
        typeof found === 'number' &&
        Number.isFinite(found) &&
        found <= setting.max &&
        (setting.exclusiveMin ? found > setting.min : found >= setting.min)
      return fits
        ? null
        : range(setting.exclusiveMin ? `above ${setting.min}` : setting.min, setting.max)
    }
    case 'choice':
      return setting.choices.some((choice) => choice.value === found)
        ? null
        : `expected one of ${setting.choices.map((choice) => choice.value).join(', ')}, found ${describe(found)}.`
    case 'sizes': {
      const fits =
        Array.isArray(found) &&
        found.length <= setting.maxLength &&
        found.every(
          (size) => Number.isSafeInteger(size) && size >= setting.min && size <= setting.max,
        )
      return fits
        ? null
        : `expected at most ${setting.maxLength} whole numbers from ${setting.min} to ${setting.max}, such as 100, 50, found ${describe(found)}.`
    }
    case 'text':
      return typeof found === 'string' && found.length > 0 && found.length <= setting.maxLength
        ? null
        : `expected 1 to ${setting.maxLength} characters, found ${describe(found)}.`
  }
}

// Settings that are valid alone but not together.
function contradictions(config: RunConfig): ConfigProblem[] {
  const problems: ConfigProblem[] = []
  if (config.objective === 'tutorial' && config.likelihood !== 'squared')
    problems.push({
      key: 'likelihood',
      message:
        "Likelihood: the tutorial's loss needs a squared error. Choose squared as the likelihood, or elbo as the objective.",
    })
  if (
    config.objective === 'tutorial' &&
    (config.beta !== 1 || config.freeBits !== 0 || config.betaWarmup !== 0)
  )
    problems.push({
      key: 'beta',
      message:
        "Beta: the tutorial's loss has no beta, KL warm-up or free bits. Set them to 1, 0 and 0, or choose elbo as the objective.",
    })
  if (config.network === 'conv' && config.encoderFilters.length === 0)
    problems.push({
      key: 'encoderFilters',
      message:
        'Encoder filters: a convolutional network needs at least one size, such as 32, 64. Add one, or choose dense as the network.',
    })
  const ups = config.encoderFilters.length - config.decoderFilters.length
  if (config.network === 'conv' && ups !== 0 && ups !== 1)
    problems.push({
      key: 'decoderFilters',
      message: `Decoder filters: expected ${config.encoderFilters.length} or ${config.encoderFilters.length - 1} sizes (as many as the encoder, or one fewer), found ${config.decoderFilters.length}.`,
    })
  if (config.rateWarmup > 0 && config.lengthUnit === 'steps' && config.rateWarmup > config.length)
    problems.push({
      key: 'rateWarmup',
      message: `Rate warm-up: expected at most ${config.length} steps, the length of the run, found ${config.rateWarmup}.`,
    })
  return problems
}

/**
 * The text of a flag or a form field as its setting's value ("100, 50" -> [100, 50]). Text that
 * can't be read stays text, and the error shows it.
 */
export function valueFromText(setting: Setting, text: string): unknown {
  const trimmed = text.trim()
  if (setting.kind === 'integer' || setting.kind === 'number')
    return trimmed !== '' && Number.isFinite(Number(trimmed)) ? Number(trimmed) : trimmed
  if (setting.kind === 'sizes') {
    // "100, 50", "[100, 50]", "100 50" or "100-50"
    const inner = trimmed.replace(/^\[(.*)\]$/, '$1')
    const parts = inner
      .split(/^\d+(?:-\d+)+$/.test(inner) ? '-' : /[\s,]+/)
      .filter((part) => part !== '')
    return parts.every((part) => /^\d+$/.test(part)) ? parts.map(Number) : trimmed
  }
  return trimmed
}

function describe(value: unknown): string {
  if (typeof value === 'string') return `"${value.length > 40 ? `${value.slice(0, 40)}…` : value}"`
  if (Array.isArray(value))
    return `[${value.slice(0, 8).join(', ')}${value.length > 8 ? ', …' : ''}]`
  if (typeof value === 'object' && value !== null) return 'an object'
  return String(value)
}

function suggestion(key: string): string {
  const flat = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '')
  const near = Object.keys(settings).find(
    (name) =>
      flat(name) === flat(key) ||
      flat(name).startsWith(flat(key)) ||
      flat(key).startsWith(flat(name)),
  )
  return near ? `; did you mean "${near}"?` : '. See `latent train --help`.'
}
