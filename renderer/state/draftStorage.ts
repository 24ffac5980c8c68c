// The draft of a run between two loads of the page: each tab keeps its own, a new one starts from
// the newest of all.
import { settingKeys, type Texts } from './draftEdits.ts'

export interface DraftContent {
  texts: Partial<Texts>
  base: Partial<Texts>
  name: string
  preset: string | null
  like: { id: string; name: string } | null
}

const storageKey = 'latent-studio-draft'

export function writeDraft(content: DraftContent): void {
  const text = JSON.stringify(content)
  for (const storage of [sessionStorage, localStorage]) {
    try {
      storage.setItem(storageKey, text)
    } catch {
      // a full or forbidden storage: the draft lives as long as the page
    }
  }
}

/** What was kept, checked; null when nothing usable is there. */
export function readDraft(): DraftContent | null {
  return draftOf(sessionStorage.getItem(storageKey) ?? localStorage.getItem(storageKey))
}

export function draftOf(text: string | null): DraftContent | null {
  let stored: unknown
  try {
    stored = JSON.parse(text ?? 'null')
  } catch {
    return null
  }
  if (typeof stored !== 'object' || stored === null) return null
  const { texts, base, name, preset, like } = stored as Record<string, unknown>
  const found = like as Record<string, unknown> | null
  return {
    texts: textsIn(texts),
    base: textsIn(base),
    name: typeof name === 'string' ? name : '',
    preset: typeof preset === 'string' ? preset : null,
    like:
      typeof found?.['id'] === 'string' && typeof found['name'] === 'string'
        ? { id: found['id'], name: found['name'] }
        : null,
  }
}

function textsIn(value: unknown): Partial<Texts> {
  const given =
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  return Object.fromEntries(
    settingKeys.flatMap((key) => (typeof given[key] === 'string' ? [[key, given[key]]] : [])),
  )
}
