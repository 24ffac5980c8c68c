// The flags that set up a run, made from the table of settings: one per setting (--batch-size 32),
// and --set KEY=VALUE for any of them by its key. --steps and --epochs set the length and its unit.
import {
  configFrom,
  parseConfig,
  settingProblem,
  valueFromText,
} from '../../preload/contract/config.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import { presetNames, presets, type PresetName } from '../../preload/contract/presets.ts'
import type { RunConfig, Setting } from '../../preload/contract/runConfig.ts'
import { settings } from '../../preload/contract/settings.ts'
import { nearest, type Flag, type Flags } from './command.ts'

const byLength = new Set<keyof RunConfig>(['length', 'lengthUnit', 'model'])
const groups: Record<Setting['group'], string> = {
  data: 'Data',
  network: 'Network',
  loss: 'Loss',
  optimizer: 'Optimizer',
  length: 'Length and seed',
  machine: 'Machine',
}
const order = Object.keys(groups)

const entries = (Object.entries(settings) as [keyof RunConfig, Setting][])
  .filter(([key]) => !byLength.has(key))
  .sort(([, a], [, b]) => order.indexOf(a.group) - order.indexOf(b.group))

/** batchSize -> batch-size */
function flagName(key: string): string {
  return key.replace(/[A-Z0-9]+/g, (letters) =>
    /\d/.test(letters) ? letters : `-${letters.toLowerCase()}`,
  )
}

export const settingFlags: Flag[] = [
  {
    name: 'set',
    value: 'KEY=VALUE',
    multiple: true,
    help: 'Set any setting by its key, such as latentSize=8 or encoderLayers=256,128; may be repeated.',
  },
  { name: 'steps', value: 'N', help: 'Train for N steps.' },
  { name: 'epochs', value: 'N', help: 'Train for N epochs.' },
  ...entries.map(([key, setting]): Flag => ({
    name: flagName(key),
    value: placeholder(setting),
    help: describe(setting),
    group: groups[setting.group],
  })),
]

function placeholder(setting: Setting): string {
  if (setting.kind === 'choice')
    return setting.choices.map((choice) => choice.value).join('|').length <= 24
      ? setting.choices.map((choice) => choice.value).join('|')
      : 'NAME'
  return { integer: 'N', number: 'X', sizes: 'N,N,...', text: 'NAME' }[setting.kind]
}

function describe(setting: Setting): string {
  const choices =
    setting.kind === 'choice' && placeholder(setting) === 'NAME'
      ? ` One of ${setting.choices.map((choice) => choice.value).join(', ')}.`
      : ''
  const fallback = Array.isArray(setting.default)
    ? setting.default.join(',')
    : String(setting.default)
  const usual = 'usual' in setting && setting.usual ? `; usual ${setting.usual.join(' to ')}` : ''
  return `${setting.help}${choices} (${fallback}${setting.unit ? ` ${setting.unit}` : ''}${usual})`
}

/** A preset by its name. Throws `not-found`. */
export function presetNamed(name: string | undefined): PresetName | null {
  if (name === undefined) return null
  if (Object.hasOwn(presets, name)) return name as PresetName
  const near = nearest(name, presetNames)
  throw new StudioError(
    'not-found',
    `Unknown preset "${name}": expected one of ${presetNames.join(', ')}${near ? `; did you mean "${near}"?` : '.'}`,
    { preset: name },
  )
}

/**
 * The settings given by flags. A setting's own flag wins over --set. Text that can't be read stays
 * text, and the check names it.
 */
export function settingsGiven(flags: Flags): Record<string, unknown> {
  const given = Object.create(null) as Record<string, unknown> // a key may be any text, __proto__ too
  for (const text of flags.texts('set')) {
    const equals = text.indexOf('=')
    if (equals < 1)
      throw new StudioError(
        'bad-input',
        `--set: expected KEY=VALUE, found "${text}". For example: --set latentSize=8.`,
      )
    const key = text.slice(0, equals).trim()
    checkKey(key)
    const setting = Object.hasOwn(settings, key) ? settings[key as keyof RunConfig] : undefined
    given[key] = setting ? read(setting, text.slice(equals + 1)) : text.slice(equals + 1)
  }
  for (const [key, setting] of entries) {
    const text = flags.text(flagName(key))
    if (text !== undefined) given[key] = read(setting, text)
  }
  return { ...given, ...lengthGiven(flags) }
}

// "784-100-50" is three sizes, but "100,-50" has a negative one: that stays text, and the check
// refuses it.
function read(setting: Setting, text: string): unknown {
  return setting.kind === 'sizes' && /(^|[\s,[])-/.test(text) ? text : valueFromText(setting, text)
}

function lengthGiven(flags: Flags): Partial<Record<keyof RunConfig, unknown>> {
  const [steps, epochs] = [flags.text('steps'), flags.text('epochs')]
  if (steps !== undefined && epochs !== undefined)
    throw new StudioError(
      'bad-input',
      `Expected --steps or --epochs, found both (${plural(steps, 'step')}, ${plural(epochs, 'epoch')}). Leave one of them out.`,
    )
  if (steps !== undefined) return { length: lengthOf('--steps', steps), lengthUnit: 'steps' }
  if (epochs !== undefined) return { length: lengthOf('--epochs', epochs), lengthUnit: 'epochs' }
  return {}
}

// The error names the flag: nobody typed "Length".
function lengthOf(flag: string, text: string): unknown {
  const value = valueFromText(settings.length, text)
  const message = settingProblem(settings.length, value)
  if (message)
    throw new StudioError('bad-config', `${flag}: ${message}`, {
      problems: [{ key: 'length', message: `${flag}: ${message}` }],
    })
  return value
}

function plural(count: string, unit: string): string {
  return `${count} ${unit}${Number(count) === 1 ? '' : 's'}`
}

// Suggests a key that is nearly right; the check refuses all others.
function checkKey(key: string): void {
  const near = Object.hasOwn(settings, key) ? undefined : nearest(key, Object.keys(settings))
  if (near)
    throw new StudioError(
      'bad-config',
      `--set: unknown setting "${key}"; did you mean "${near}"?`,
      {
        problems: [{ key, message: `Unknown setting "${key}"; did you mean "${near}"?` }],
      },
    )
}

/**
 * The whole checked configuration of `latent train`: a preset's, or that of the run given by
 * --from. Throws `bad-config`.
 */
export function configGiven(start: PresetName | RunConfig | null, flags: Flags): RunConfig {
  const given = settingsGiven(flags)
  return typeof start === 'object' && start !== null
    ? parseConfig({ ...start, ...given })
    : configFrom(start, given)
}
