// The name of a run that nobody named: what it was made from, what differs from that, and a number
// where the name is taken.
import { defaultConfig } from './config.ts'
import { presets, type PresetName } from './presets.ts'
import type { RunConfig, Setting } from './runConfig.ts'
import { settings } from './settings.ts'

type Key = keyof RunConfig

const longest = 60 // characters of differences, so that a name stays readable in a list

/** Whether a setting has a meaning beside the others: beta has none in the tutorial's loss. */
export function applies(key: Key, config: { readonly [K in Key]: unknown }): boolean {
  const { when }: Setting = settings[key]
  return !when || when.is.includes(String(config[when.key]))
}

/** Settings that apply and differ, in the order of the table. */
export function changedKeys(config: RunConfig, base: RunConfig): Key[] {
  const keys = Object.keys(settings) as Key[]
  return keys.filter(
    (key) => applies(key, config) && JSON.stringify(config[key]) !== JSON.stringify(base[key]),
  )
}

/** What differs, as `--set` takes it: "beta=4", "encoderLayers=256-128", "steps=500". */
export function differences(config: RunConfig, base: RunConfig): string[] {
  const changed = changedKeys(config, base)
  const parts = changed
    .filter((key) => key !== 'length' && key !== 'lengthUnit')
    .map((key) => `${key}=${[config[key]].flat().join('-') || 'none'}`)
  const length = changed.some((key) => key === 'length' || key === 'lengthUnit')
  return length ? [...parts, `${config.lengthUnit}=${config.length}`] : parts
}

/** "The tutorial's VAE", "tutorial seed=1", "elbo-2d beta=4 epochs=5 (2)". */
export function presetRunName(
  preset: PresetName | null,
  config: RunConfig,
  isTaken: (name: string) => boolean,
): string {
  const base =
    preset === null
      ? defaultConfig()
      : { ...defaultConfig(), ...(presets[preset].config as Partial<RunConfig>) }
  const parts = differences(config, base)
  const start = preset === null ? 'Run' : parts.length === 0 ? presets[preset].title : preset
  return freeName(start, parts, isTaken)
}

/**
 * The name of a run with another run's settings: "Digits" and beta=4 make "Digits beta=4", and from
 * that beta=8 "Digits beta=8".
 */
export function likeRunName(
  name: string,
  parts: readonly string[],
  isTaken: (name: string) => boolean,
): string {
  const numbered = /^(.*\S) (?:\d+|\(\d+\))$/.exec(name)
  const words = (numbered && isTaken(numbered[1]!) ? numbered[1]! : name).split(' ')
  const told = words.findLastIndex((word) => !/^[a-zA-Z0-9]+=\S+$|^\+\d+$/.test(word)) + 1
  const keyOf = (part: string) => part.split('=')[0]!.replace(/^(steps|epochs)$/, 'length')
  const given = new Set(parts.map(keyOf))
  const before = words
    .slice(told)
    .filter((part) => !part.startsWith('+') && !given.has(keyOf(part)))
  return freeName(words.slice(0, told).join(' ') || 'Run', [...before, ...parts], isTaken)
}

function freeName(
  start: string,
  parts: readonly string[],
  isTaken: (name: string) => boolean,
): string {
  const shown: string[] = []
  for (const part of parts) if ([...shown, part].join(' ').length <= longest) shown.push(part)
  const rest = parts.length - shown.length
  const told = [...shown, ...(rest > 0 ? [`+${rest}`] : [])].join(' ')
  const first = told === '' ? start.slice(0, 180) : `${start.slice(0, 100)} ${told}`
  for (let number = 1; ; number++) {
    const name = number === 1 ? first : told === '' ? `${first} ${number}` : `${first} (${number})`
    if (!isTaken(name)) return name
  }
}
