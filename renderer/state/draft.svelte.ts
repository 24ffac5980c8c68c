// The run that is being set up: every field's text as typed, kept in the session until it is trained, and what follows
// from it: values, problems, parameters. Nothing typed is lost by a reload, a detour or a refusal.
import { configProblems, defaultConfig, valueFromText } from '../../preload/contract/config.ts'
import { presetNames, presets, type Preset, type PresetName } from '../../preload/contract/presets.ts'
import { count } from '../format.ts'
import { datasets } from './datasets.svelte.ts'
import { proposeName } from './proposeName.ts'
import { runs } from './runs.svelte.ts'
import type { RunConfig, Setting } from '../../preload/contract/runConfig.ts'
import { settings } from '../../preload/contract/settings.ts'

type Key = keyof RunConfig
type Texts = Record<Key, string>
const networkKeys = ['network', 'encoderLayers', 'decoderLayers', 'encoderFilters', 'decoderFilters', 'latentSize', 'likelihood'] as const
export type NetworkConfig = Pick<RunConfig, (typeof networkKeys)[number]>
const storageKey = 'latent-studio-draft'
export const settingKeys = Object.keys(settings) as Key[]

/** A setting's value as the text of its field; the inverse of valueFromText. */
export function textOf(value: RunConfig[Key]): string {
  return Array.isArray(value) ? value.join(', ') : String(value)
}

function textsOf(config: Partial<RunConfig>): Texts {
  const whole: RunConfig = { ...defaultConfig(), ...config }
  return Object.fromEntries(settingKeys.map((key) => [key, textOf(whole[key])])) as Texts
}

class Draft {
  texts = $state<Texts>(textsOf(presets.tutorial.config))
  name = $state('')
  /** What it was made from; null after "like this run". */
  preset = $state<PresetName | null>('tutorial')
  /** Name of the run whose settings it took over; empty for none. */
  like = $state('')
  /** What the service said about fields; forgotten when the field changes. */
  refused = $state.raw<Partial<Record<Key, string>>>({})

  readonly dataset = $derived(datasets.list.find((known) => known.name === this.texts.dataset))
  readonly values = $derived(Object.fromEntries(settingKeys.map((key) => [key, valueFromText(settings[key], this.texts[key])])))
  /** The first problem of each field, found here or by the service. */
  readonly problems = $derived.by(() => {
    const found: Partial<Record<string, string>> = { ...this.refused }
    for (const { key, message } of configProblems(this.values).reverse()) found[key] = withoutLabel(message, settings[key as Key])
    const { batchSize } = this.values
    const images = this.dataset?.images.train
    if (!found['batchSize'] && images !== undefined && Number(batchSize) > images) found['batchSize'] = `Expected at most ${count(images)} images, all of the training split; found ${count(Number(batchSize))}.`
    return found
  })
  readonly problemCount = $derived(Object.values(this.problems).filter(Boolean).length)
  /** The whole configuration, null while something is wrong with it. */
  readonly config = $derived(this.#wrong(settingKeys) ? null : (this.values as unknown as RunConfig))
  /** As much of it as the network needs, null while that is wrong. */
  readonly network = $derived(this.#wrong(networkKeys) ? null : (this.values as unknown as NetworkConfig))
  /** Settings that differ from the preset. */
  readonly changed = $derived.by(() => {
    const original = textsOf(this.preset ? presets[this.preset].config : {})
    return this.preset ? settingKeys.filter((key) => this.texts[key].trim() !== original[key]) : []
  })

  /** The name that it gets where none is typed. */
  readonly proposedName = $derived.by(() => {
    const base = this.preset ? presets[this.preset].title : this.like
    return proposeName(base, !this.preset || this.changed.length > 0, [...runs.list, ...runs.trash].map((run) => run.name))
  })

  constructor() {
    this.#restore()
  }

  set(key: Key, text: string): void {
    this.texts[key] = text
    if (this.refused[key]) this.refused = { ...this.refused, [key]: undefined }
    this.save()
  }

  usePreset(name: PresetName): void {
    const preset: Preset = presets[name]
    this.preset = name
    this.like = ''
    this.texts = textsOf(preset.config)
    this.refused = {}
    this.save()
  }

  /** Starts from the settings of an existing run, by its name. */
  useConfig(config: RunConfig, like: string): void {
    this.preset = null
    this.like = like
    this.texts = textsOf(config)
    this.name = ''
    this.refused = {}
    this.save()
  }

  save(): void {
    sessionStorage.setItem(storageKey, JSON.stringify({ texts: this.texts, name: this.name, preset: this.preset, like: this.like }))
  }

  /** After training started: the settings stay for the next run, the name does not. */
  trained(): void {
    this.name = ''
    this.save()
  }

  #wrong(keys: readonly Key[]): boolean {
    return keys.some((key) => this.problems[key])
  }

  #restore(): void {
    try {
      const stored: unknown = JSON.parse(sessionStorage.getItem(storageKey) ?? 'null')
      if (typeof stored !== 'object' || stored === null) return
      const { texts, name, preset, like } = stored as { texts?: Record<string, unknown>; name?: unknown; preset?: unknown; like?: unknown }
      for (const key of settingKeys) {
        const text = texts?.[key]
        if (typeof text === 'string') this.texts[key] = text
      }
      if (typeof name === 'string') this.name = name
      if (typeof like === 'string') this.like = like
      this.preset = presetNames.find((known) => known === preset) ?? null
    } catch {
      // what cannot be read is no draft
    }
  }
}

// Under its own field a problem need not repeat the field's label.
function withoutLabel(message: string, setting: Setting | undefined): string {
  const prefix = `${setting?.label}: `
  const rest = message.startsWith(prefix) ? message.slice(prefix.length) : message
  return rest.charAt(0).toUpperCase() + rest.slice(1)
}

export const draft = new Draft()
