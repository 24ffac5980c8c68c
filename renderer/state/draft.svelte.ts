// The run that is being set up: every field's text as typed, what it started from, and what follows
// from it (values, problems, warnings, the name). It's kept until the run is trained: no reload,
// detour, refusal or other preset loses it.
import { configProblems, defaultConfig } from '../../preload/contract/config.ts'
import { presetNames, presets, type PresetName } from '../../preload/contract/presets.ts'
import type { Run } from '../../preload/contract/records.ts'
import type { RunConfig, Setting } from '../../preload/contract/runConfig.ts'
import { differences, likeRunName, presetRunName } from '../../preload/contract/runName.ts'
import { settings } from '../../preload/contract/settings.ts'
import { configWarnings } from '../../preload/contract/warnings.ts'
import { count } from '../format.ts'
import { router } from '../router.svelte.ts'
import { datasets } from './datasets.svelte.ts'
import {
  carryEdits,
  changedTexts,
  settingKeys,
  textsOf,
  valuesOf,
  type Key,
  type Texts,
} from './draftEdits.ts'
import { readDraft, writeDraft, type DraftContent } from './draftStorage.ts'
import { runs } from './runs.svelte.ts'
import { undo } from './undo.svelte.ts'

const networkKeys = [
  'network',
  'encoderLayers',
  'decoderLayers',
  'encoderFilters',
  'decoderFilters',
  'latentSize',
  'likelihood',
] as const
export type NetworkConfig = Pick<RunConfig, (typeof networkKeys)[number]>

class Draft {
  texts = $state.raw<Texts>(textsOf(presets.tutorial.config))
  name = $state('')
  /** What it started from: a preset, or an existing run. */
  preset = $state<PresetName | null>('tutorial')
  like = $state.raw<{ id: string; name: string } | null>(null)
  /** The texts that it started from. */
  base = $state.raw<Texts>(textsOf(presets.tutorial.config))
  /** What the service said about fields; forgotten when the field changes. */
  refused = $state.raw<Partial<Record<Key, string>>>({})
  #lastEdit: { key: Key; act: number } | null = null

  readonly dataset = $derived(datasets.list.find((known) => known.name === this.texts.dataset))
  readonly values = $derived(valuesOf(this.texts))
  /** The first problem of each field, found here or by the service. */
  readonly problems = $derived.by(() => {
    const found: Partial<Record<string, string>> = { ...this.refused }
    for (const { key, message } of configProblems(this.values).reverse())
      found[key] = withoutLabel(message, settings[key as Key])
    const batch = Number(this.values.batchSize)
    const images = this.dataset?.images.train
    if (!found['batchSize'] && images !== undefined && batch > images)
      found['batchSize'] = `Expected at most ${count(images)}, the number of training images.`
    return found
  })
  readonly problemKeys = $derived(settingKeys.filter((key) => this.problems[key]))
  /** The whole configuration, null while something is wrong with it. */
  readonly config = $derived(
    this.#wrong(settingKeys) ? null : (this.values as unknown as RunConfig),
  )
  /** As much of it as the network needs, null while that is wrong. */
  readonly network = $derived(
    this.#wrong(networkKeys) ? null : (this.values as unknown as NetworkConfig),
  )
  /** What a setting will probably lead to, by its key. */
  readonly warnings = $derived.by(() => {
    const found: Partial<Record<string, string>> = {}
    if (!this.dataset) return found
    // a wrong field counts as its base, so that the others are still looked at
    for (const { key, message } of configWarnings(this.#likely, this.dataset.images))
      if (!this.problems[key]) found[key] = message
    return found
  })
  /** Settings that differ from what it started from. */
  readonly changed = $derived(changedTexts(this.texts, this.base))
  /** The name that it gets where none is typed. */
  readonly proposedName = $derived.by(() => {
    const taken = new Set([...runs.list, ...runs.trash].map((run) => run.name))
    const isTaken = (name: string) => taken.has(name)
    if (!this.like) return presetRunName(this.preset, this.#likely, isTaken)
    return likeRunName(
      this.like.name,
      differences(this.#likely, valuesOf(this.base) as RunConfig),
      isTaken,
    )
  })
  readonly #likely = $derived.by(() => {
    const base = valuesOf(this.base)
    const right = settingKeys.map((key) => [key, this.problems[key] ? base[key] : this.values[key]])
    return { ...defaultConfig(), ...(Object.fromEntries(right) as Partial<RunConfig>) }
  })

  constructor() {
    const stored = readDraft()
    if (stored) this.#take(stored)
  }

  /** One field's text. Undo takes back all that was typed into it at once. */
  set(key: Key, text: string): void {
    const act = undo.newest
    if (!(act && this.#lastEdit?.key === key && this.#lastEdit.act === act.id)) {
      this.#remember(`Changed ${settings[key].label}.`, true)
      this.#lastEdit = { key, act: undo.newest?.id ?? -1 }
    }
    this.#replace(key, text)
  }

  /** One setting back to what it started from. */
  reset(key: Key): void {
    this.#remember(`Reset ${settings[key].label}.`, true)
    this.#replace(key, this.base[key])
  }

  resetAll(): void {
    if (this.changed.length === 0) return
    this.#remember(
      `Reset ${this.changed.length === 1 ? 'one setting' : `${this.changed.length} settings`}.`,
    )
    this.texts = { ...this.base }
    this.refused = {}
    this.save()
  }

  /** Another preset under the edits; the one that is chosen already resets them. */
  usePreset(name: PresetName): void {
    if (this.preset === name) return this.resetAll()
    const edited = this.changed.length
    const base = textsOf(presets[name].config)
    const { texts, kept, dropped } = carryEdits(this.texts, this.base, base)
    const labels = (keys: readonly Key[]) => keys.map((key) => settings[key].label).join(', ')
    const told = [
      kept.length > 0 ? ` Kept your changes: ${labels(kept)}.` : '',
      dropped.length > 0 ? ` Left out because they don't fit: ${labels(dropped)}.` : '',
    ].join('')
    this.#remember(`Switched to “${presets[name].title}”.${told}`, edited === 0)
    Object.assign(this, { texts, base, preset: name, like: null, refused: {} })
    this.save()
  }

  /**
   * The settings of an existing run, exactly: edits of another draft would make a run that is not
   * like it.
   */
  useRun(run: Pick<Run, 'id' | 'name' | 'config'>): void {
    const edited = this.changed.length
    this.#remember(
      `Took the settings of “${run.name}”.${edited > 0 ? ' Your earlier changes were set aside.' : ''}`,
      edited === 0,
    )
    const base = textsOf(run.config)
    Object.assign(this, {
      texts: base,
      base,
      preset: null,
      like: { id: run.id, name: run.name },
      refused: {},
    })
    this.save()
  }

  save(): void {
    writeDraft(this.#content())
  }

  /** After training started: the settings stay for the next run, the name doesn't. */
  trained(): void {
    this.name = ''
    this.save()
  }

  #replace(key: Key, text: string): void {
    this.texts = { ...this.texts, [key]: text }
    if (this.refused[key]) this.refused = { ...this.refused, [key]: undefined }
    this.save()
  }

  // Undo belongs to the page: elsewhere nobody would see what it does.
  #remember(text: string, quiet = false): void {
    const before = this.#content()
    const back = () => {
      this.#lastEdit = null
      // the name is typed beside all this and stays
      this.#take({ ...before, name: this.name })
      this.refused = {}
      this.save()
    }
    undo.offer(text, back, { quiet, here: () => router.route === 'new' })
  }

  #content(): DraftContent {
    const { texts, base, name, preset, like } = this
    return { texts, base, name, preset, like }
  }

  #take({ texts, base, name, preset, like }: DraftContent): void {
    const known = presetNames.find((each) => each === preset) ?? null
    // what the program gained since then has its default
    const start = known ? textsOf(presets[known].config) : { ...textsOf({}), ...base }
    Object.assign(this, {
      texts: { ...start, ...texts },
      base: start,
      name,
      preset: known,
      like: known ? null : like,
    })
  }

  #wrong(keys: readonly Key[]): boolean {
    return keys.some((key) => this.problems[key])
  }
}

// Under its own field a problem need not repeat the field's label.
function withoutLabel(message: string, setting: Setting | undefined): string {
  const prefix = `${setting?.label}: `
  const rest = message.startsWith(prefix) ? message.slice(prefix.length) : message
  return rest.charAt(0).toUpperCase() + rest.slice(1)
}

export const draft = new Draft()
