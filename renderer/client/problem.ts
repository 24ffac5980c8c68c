// What went wrong, as something to show: the sentence (expected, found, what to do), its code, and problems by setting.
import type { ConfigProblem } from '../../preload/contract/config.ts'
import { asStudioError, type ErrorCode } from '../../preload/contract/errors.ts'

export interface Problem {
  code: ErrorCode
  message: string
  /** For bad-config: what is wrong at which setting. */
  fields: ConfigProblem[]
}

/** Whatever a call threw, as a Problem. */
export function problemFrom(thrown: unknown): Problem {
  const { code, message, data } = asStudioError(thrown)
  const fields = Array.isArray(data['problems']) ? (data['problems'] as ConfigProblem[]) : []
  return { code, message: withoutCommands(message), fields }
}

/** A message without its sentences that name a command of the terminal: the pages offer their own way on. */
export function withoutCommands(message: string): string {
  return message.replace(/(^|[.!?] )[^.!?]*`latent [^`]*`[^.!?]*[.!?]/g, (_sentence, before: string) => before.trimEnd()).trim()
}

/** True when a call ended because the line went down or it was cancelled here: whoever follows something asks again by itself. */
export function isDisconnect(thrown: unknown): boolean {
  const { code, data } = asStudioError(thrown)
  return code === 'cancelled' || data['disconnected'] === true
}
