// What went wrong, as something to show: the sentence (expected, found, what to do), its code, and
// problems by setting.
import type { ConfigProblem } from '../../preload/contract/config.ts'
import { asStudioError, type ErrorCode } from '../../preload/contract/errors.ts'
import type { Job } from '../../preload/contract/jobs.ts'

export interface Problem {
  code: ErrorCode
  message: string
  /** For bad-config: what is wrong at which setting. */
  fields: ConfigProblem[]
  /**
   * What the system said about a path, such as EEXIST; 'settings': those of an import may mend it.
   */
  reason?: string
}

/** Whatever a call threw, as a Problem. */
export function problemFrom(thrown: unknown): Problem {
  const { code, message, data } = asStudioError(thrown)
  const fields = Array.isArray(data['problems']) ? (data['problems'] as ConfigProblem[]) : []
  return {
    code,
    message: withoutCommands(message),
    fields,
    ...(typeof data['reason'] === 'string' ? { reason: data['reason'] } : {}),
  }
}

/** Why a job ended without its result; null for one that did not fail. */
export function problemOf({ error }: Pick<Job, 'error'>): Problem | null {
  if (!error) return null
  const { code, message, reason } = error
  return {
    code: code as ErrorCode,
    message: withoutCommands(message),
    fields: [],
    ...(reason ? { reason } : {}),
  }
}

/**
 * A message without what is said to the terminal, its commands and "(--flags)": the pages offer
 * their own way on.
 */
export function withoutCommands(message: string): string {
  return message
    .replace(/ \(--[^()]*\)/g, '')
    .replace(/(^|[.!?] )[^.!?]*`latent [^`]*`[^.!?]*[.!?]/g, (_sentence, before: string) =>
      before.trimEnd(),
    )
    .trim()
}

/**
 * True when a call ended because the line went down or it was cancelled here: whoever follows
 * something asks again by itself.
 */
export function isDisconnect(thrown: unknown): boolean {
  const { code, data } = asStudioError(thrown)
  return code === 'cancelled' || data['disconnected'] === true
}
