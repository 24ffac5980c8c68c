// A setting's values and its usual range in words.
import type { RunConfig, Setting } from '../../../preload/contract/runConfig.ts'
import { settings } from '../../../preload/contract/settings.ts'

/** A field's text as people read it: the label of a choice, "none" for an empty list. */
export function settingText(key: keyof RunConfig, text: string): string {
  const setting: Setting = settings[key]
  if (setting.kind === 'choice')
    return setting.choices.find((choice) => choice.value === text)?.label ?? text
  return text.trim() === '' ? 'none' : text.trim()
}

/** "Usual: 0.0003 to 0.003."; empty without a usual range. */
export function usualText(setting: Setting): string {
  const usual = 'usual' in setting ? setting.usual : undefined
  return usual ? `Usual: ${plain(usual[0])} to ${plain(usual[1])}.` : ''
}

/** 0.0003, but 1e-8. */
function plain(value: number): string {
  return value !== 0 && Math.abs(value) < 1e-4 ? value.toExponential() : String(value)
}
