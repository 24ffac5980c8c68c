// What went wrong, as something to show: the sentence (expected, found, what to do), its code, and problems by setting.
import { errorCodes, type ErrorCode } from '../../preload/contract/errors.ts'
import type { ConfigProblem } from '../../preload/contract/config.ts'

export interface Problem {
  code: ErrorCode | 'disconnected'
  message: string
  /** For bad-config: what is wrong at which setting. */
  fields: ConfigProblem[]
}

/** Whatever a call threw, as a Problem. */
export function problemFrom(thrown: unknown): Problem {
  const error = thrown as { code?: unknown; message?: unknown; data?: { problems?: unknown } } | null
  const message = typeof error?.message === 'string' && error.message !== '' ? error.message : String(thrown)
  const code = errorCodes.find((known) => known === error?.code)
  const fields = Array.isArray(error?.data?.problems) ? (error.data.problems as ConfigProblem[]) : []
  if (code) return { code, message, fields }
  if (isDisconnect(thrown)) return { code: 'disconnected', message: 'Expected an answer, found the connection closed. It is opened again by itself; then repeat this.', fields }
  return { code: 'internal', message, fields }
}

/** True when a call ended because the connection did, or because it was cancelled here. */
export function isDisconnect(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false
  return thrown.name === 'AbortError' || /not open|closed|aborted/i.test(thrown.message)
}
