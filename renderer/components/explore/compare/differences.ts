// What tells compared runs apart: the settings in which they differ, in a few words for each run.
import type { Run } from '../../../../preload/contract/records.ts'
import type { RunConfig, Setting } from '../../../../preload/contract/runConfig.ts'
import { applies } from '../../../../preload/contract/runName.ts'
import { settings } from '../../../../preload/contract/settings.ts'
import { setting as figure } from '../../../format.ts'

type Configured = Pick<Run, 'id' | 'config'>

// where the model runs changes no more than its last bits
const machine = (item: Setting) => item.group === 'machine'

// What changes a latent space most comes first: there may be room for no more.
const first: readonly (keyof RunConfig)[] = [
  'latentSize',
  'beta',
  'learningRate',
  'seed',
  'objective',
  'likelihood',
  'network',
  'encoderLayers',
]
const rank = (key: keyof RunConfig) => (first.includes(key) ? first.indexOf(key) : first.length)

/** The settings in which some of these differ; those that apply to none of them are left out. */
export function differingSettings(configs: readonly RunConfig[]): (keyof RunConfig)[] {
  return (Object.entries(settings) as [keyof RunConfig, Setting][])
    .filter(([, item]) => !machine(item))
    .filter(([key]) => {
      const applying = configs.filter((config) => applies(key, config))
      return new Set(applying.map((config) => JSON.stringify(config[key]))).size > 1
    })
    .map(([key]) => key)
    .sort((a, b) => rank(a) - rank(b))
}

/**
 * For each run by its id "Beta 4 · Seed 1"; all alike: "the same settings". Nothing for a run
 * alone.
 */
export function differencesAmong(runs: readonly Configured[]): Record<string, string> {
  if (runs.length < 2) return {}
  const keys = differingSettings(runs.map(({ config }) => config))
  return Object.fromEntries(
    runs.map(({ id, config }) => [id, wordsOf(keys, config) || 'the same settings']),
  )
}

/** What a run has otherwise than the first one, in its own values. */
export function differencesFrom(first: Configured | null, run: Configured): string {
  if (!first) return ''
  return wordsOf(differingSettings([first.config, run.config]), run.config) || 'the same settings'
}

function wordsOf(keys: readonly (keyof RunConfig)[], config: RunConfig): string {
  return keys
    .filter((key) => applies(key, config))
    .map((key) => {
      const item: Setting = settings[key]
      const value = config[key]
      if (key === 'length') return `${figure(config.length)} ${config.lengthUnit}`
      if (key === 'lengthUnit')
        return keys.includes('length') ? '' : `${figure(config.length)} ${config.lengthUnit}`
      if (Array.isArray(value)) return `${item.label} ${value.join('-') || 'none'}`
      if (item.kind === 'choice')
        return item.choices.find((choice) => choice.value === value)?.label ?? String(value)
      return `${item.label} ${typeof value === 'number' && key !== 'seed' ? figure(value) : String(value)}`
    })
    .filter(Boolean)
    .join(' · ')
}
