// JSON that keeps NaN and the infinities (a diverged run has them): they become {"number": "NaN"}.

import { StudioError } from '../../preload/contract/errors.ts'
import { repairAdvice } from './failure.ts'

export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'number' && !Number.isFinite(inner) ? { number: String(inner) } : inner,
  )
}

/** Throws SyntaxError. */
export function fromJson(text: string): unknown {
  // Without the word there is nothing to revive, and the reviver would be most of the time of a
  // long list.
  if (!text.includes('{"number":')) return JSON.parse(text)
  return JSON.parse(text, (_key, inner: unknown) =>
    isMarked(inner) ? Number(inner.number) : inner,
  )
}

/** The JSON of a row. Throws StudioError `store-failed` for text that we did not write. */
export function fromRow(text: unknown): unknown {
  try {
    return fromJson(text as string)
  } catch {
    throw new StudioError(
      'store-failed',
      `Expected an intact row in the database, found a damaged one. ${repairAdvice}`,
      {
        damaged: true,
      },
    )
  }
}

function isMarked(value: unknown): value is { number: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.keys(value).length === 1 &&
    typeof (value as { number?: unknown }).number === 'string'
  )
}
