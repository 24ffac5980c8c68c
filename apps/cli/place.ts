// Paths as they are given on the command line: relative to the current folder, unless that has been
// deleted.
import { homedir } from 'node:os'
import { isAbsolute, parse, resolve } from 'node:path'
import { StudioError } from '../../preload/contract/errors.ts'
import { fileAdvice, fileReason } from '../../main/files/reason.ts'

let isDeleted = false

/**
 * Threads and child processes do not start in a folder that is gone: moves to one that is there.
 */
export function leaveDeletedFolder(): void {
  try {
    process.cwd()
  } catch {
    isDeleted = true
    try {
      process.chdir(homedir())
    } catch {
      process.chdir(parse(process.execPath).root)
    }
  }
}

/**
 * The absolute path of what `flag` names. Throws `bad-input` where the current folder is gone and
 * the path needs it.
 */
export function pathGiven(flag: string, found: string): string {
  if (isDeleted && !isAbsolute(found))
    throw new StudioError(
      'bad-input',
      `${flag}: expected an absolute path because the current folder was deleted, found "${found}". Change to another folder, or give an absolute path.`,
    )
  return resolve(found)
}

/** What the system refused, as an error that names the flag: expected, found, what to do. */
export function pathFailure(
  flag: string,
  expected: string,
  path: string,
  thrown: unknown,
): StudioError {
  if (thrown instanceof StudioError) return thrown
  return new StudioError(
    'bad-input',
    `${flag}: expected ${expected}, found ${fileReason(thrown)}: ${path}. ${fileAdvice(thrown)}`,
    {
      path,
      reason: (thrown as NodeJS.ErrnoException).code ?? '',
    },
  )
}
