// The texts of the form beside what they started from: which settings differ, and which edits fit
// another preset.
import {
  configProblems,
  defaultConfig,
  settingProblem,
  valueFromText,
} from '../../preload/contract/config.ts'
import type { RunConfig } from '../../preload/contract/runConfig.ts'
import { applies } from '../../preload/contract/runName.ts'
import { settings } from '../../preload/contract/settings.ts'

export type Key = keyof RunConfig
/** The text of every field as typed. */
export type Texts = Record<Key, string>
export const settingKeys = Object.keys(settings) as Key[]

/** A setting's value as the text of its field; the inverse of valueFromText. */
export function textOf(value: RunConfig[Key]): string {
  return Array.isArray(value) ? value.join(', ') : String(value)
}

export function textsOf(config: Partial<RunConfig>): Texts {
  const whole: RunConfig = { ...defaultConfig(), ...config }
  return Object.fromEntries(settingKeys.map((key) => [key, textOf(whole[key])])) as Texts
}

export function valuesOf(texts: Texts): { readonly [K in Key]: unknown } {
  return Object.fromEntries(
    settingKeys.map((key) => [key, valueFromText(settings[key], texts[key])]),
  ) as Record<Key, unknown>
}

/** Settings whose values differ: "5e-4" and "0.0005" are one value. */
export function changedTexts(texts: Texts, base: Texts): Key[] {
  const value = (text: string, key: Key) => JSON.stringify(valueFromText(settings[key], text))
  return settingKeys.filter(
    (key) => texts[key] !== base[key] && value(texts[key], key) !== value(base[key], key),
  )
}

/**
 * Edits made to one preset, on top of another. Left out is what means nothing there (beta in the
 * tutorial's loss) and what contradicts it; a text that is wrong by itself stays, since somebody
 * typed it.
 */
export function carryEdits(
  texts: Texts,
  before: Texts,
  after: Texts,
): { texts: Texts; kept: Key[]; dropped: Key[] } {
  const edited = changedTexts(texts, before)
  const dropped = new Set<Key>()
  for (;;) {
    const kept = edited.filter((key) => !dropped.has(key))
    const next: Texts = { ...after, ...Object.fromEntries(kept.map((key) => [key, texts[key]])) }
    const values = valuesOf(next)
    const wrong = kept.filter((key) => settingProblem(settings[key], values[key]) !== null)
    const checked = Object.fromEntries(
      settingKeys.filter((key) => !wrong.includes(key)).map((key) => [key, values[key]]),
    )
    const clashing = configProblems(checked).map(({ key }) => key as Key)
    // a clash is named by one setting; where the preset's own value clashes with an edit, all edits
    // that could be meant go
    const guilty = kept.filter(
      (key) => clashing.includes(key) || (!applies(key, values) && texts[key] !== after[key]),
    )
    const leaving =
      guilty.length > 0
        ? guilty
        : clashing.length > 0
          ? kept.filter((key) => !wrong.includes(key))
          : []
    if (leaving.length === 0)
      return { texts: next, kept: changedTexts(next, after), dropped: [...dropped] }
    for (const key of leaving) dropped.add(key)
  }
}
