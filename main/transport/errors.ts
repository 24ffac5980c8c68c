// How a failure leaves this process: a StudioError becomes an ORPCError with the same code, message
// and data and a status that HTTP knows; whatever is not one of ours becomes `internal`, without
// its stack.
import { ORPCError } from '@orpc/client'
import { asStudioError, StudioError, type ErrorCode } from '../../preload/contract/errors.ts'

const statuses: Record<ErrorCode, number> = {
  'bad-config': 422,
  'bad-input': 422,
  'bad-dataset': 422,
  'not-found': 404,
  'wrong-state': 409,
  'damaged-checkpoint': 410,
  'cannot-resume': 409,
  'newer-store': 409,
  'store-failed': 507,
  'owned-elsewhere': 423,
  'port-in-use': 409,
  busy: 503,
  'host-failed': 502,
  diverged: 422,
  'no-backend': 501,
  'runtime-failed': 502,
  'wrong-node': 501,
  cancelled: 499,
  unauthorised: 401,
  internal: 500,
}

/** The error as it crosses a carrier. */
export function toWire(thrown: unknown): ORPCError<ErrorCode, Record<string, unknown>> {
  const error = thrown instanceof ORPCError ? fromValidation(thrown) : asStudioError(thrown)
  return new ORPCError(error.code, {
    status: statuses[error.code],
    message: error.message,
    data: error.data,
  })
}

interface Issue {
  message: string
  path?: (PropertyKey | { key: PropertyKey })[]
}

// oRPC's own errors: an input that the contract's schema refused, or a message that is no request.
function fromValidation(error: ORPCError<string, unknown>): StudioError {
  if (error.code !== 'BAD_REQUEST') return new StudioError('internal', error.message)
  const issues = (error.data as { issues?: Issue[] } | undefined)?.issues ?? []
  const problems = issues
    .slice(0, 20)
    .map((issue) => ({ key: pathText(issue.path), message: issue.message }))
  const text = problems
    .map((problem) => (problem.key ? `${problem.key}: ${problem.message}` : problem.message))
    .join('; ')
  return new StudioError(
    'bad-input',
    text ? `The request is not valid: ${text}.` : `The request could not be read: ${error.message}`,
    { problems },
  )
}

function pathText(path: Issue['path']): string {
  return (path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
}
