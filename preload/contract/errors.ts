// The closed list of what can go wrong, shared by every process. An error crosses the contract as
// {code, message, data}; the message alone must let a person go on: expected, found, what to do.
export const errorCodes = [
  'bad-config', // a setting outside its range, an unknown key, a wrong type
  'bad-input', // an argument, a file or a drawing that cannot be used
  'bad-dataset', // a data file that is truncated, oversized, mislabelled or has another checksum
  'not-found', // a run, checkpoint, frame or data set that does not exist
  'wrong-state', // pausing a finished run, resuming a running one
  'damaged-checkpoint', // a checkpoint file that is missing, cut, or has another hash
  'cannot-resume', // a checkpoint that lacks what an exact resume needs
  'newer-store', // a database written by a newer version: left untouched
  'store-failed', // disk full, read-only folder, database damaged
  'owned-elsewhere', // another program owns the data folder and does not answer
  'port-in-use',
  'busy', // more questions, streams or runs at once than are taken
  'host-failed', // a trainer or viewer process died or did not answer
  'diverged', // NaN or Inf in the loss
  'no-backend', // no rung of the ladder works
  'runtime-failed', // the native runtime cannot be fetched, built, verified or loaded
  'wrong-node',
  'cancelled',
  'unauthorised', // wrong token, host or origin
  'internal',
] as const

export type ErrorCode = (typeof errorCodes)[number]

/**
 * An error that a person can act on. `message` says what was expected, what was found, and what to
 * do next.
 */
export class StudioError extends Error {
  readonly code: ErrorCode
  readonly data: Record<string, unknown>
  constructor(code: ErrorCode, message: string, data: Record<string, unknown> = {}) {
    super(message)
    this.name = 'StudioError'
    this.code = code
    this.data = data
  }
}

/**
 * Whatever was thrown, as a StudioError; what is not one already becomes `internal` with its
 * message kept.
 */
export function asStudioError(thrown: unknown): StudioError {
  if (thrown instanceof StudioError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new StudioError('internal', message)
}
