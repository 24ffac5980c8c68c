// Errors of SQLite and the file system as one sentence that a person can act on: expected, found,
// what to do.
import { StudioError } from '../../preload/contract/errors.ts'

/** What helps where the database itself is damaged. */
export const repairAdvice =
  'Restore a backup of the folder if you have one. Otherwise run `latent doctor --repair`, which rebuilds the list of runs from their checkpoints and keeps the damaged database.'

/** Codes of SQLite for a file that is not a whole database. */
const damage = /^(SQLITE_CORRUPT|SQLITE_NOTADB)/

const advice: [pattern: RegExp, found: string, next: string][] = [
  [
    /^(SQLITE_FULL|ENOSPC|EDQUOT)/,
    'the disk is full',
    'Free some space, then continue; data stored earlier is safe.',
  ],
  [
    /^(SQLITE_READONLY|SQLITE_PERM|EROFS|EACCES|EPERM)/,
    'it cannot be written',
    'Allow writing there, or choose another folder with --data.',
  ],
  [
    /^(ENOTDIR|EEXIST)/,
    'it cannot be opened because it, or a part of its path, is a file',
    'Choose another with --data.',
  ],
  [
    /^(SQLITE_CANTOPEN|EISDIR|ENOENT|ELOOP|ENAMETOOLONG)/,
    'it cannot be opened',
    'Check that the path is a folder with write permission, or choose another with --data.',
  ],
  [damage, 'the database is damaged', repairAdvice],
  [
    /^SQLITE_(BUSY|LOCKED)/,
    'another program has locked the database',
    'Close that program, then try again.',
  ],
  [
    /^(SQLITE_IOERR|EIO)/,
    'reading or writing the disk failed',
    'Check the disk, then start again; data stored earlier is kept.',
  ],
]

/** Codes whose sentence says all that they say. */
const said = /^(ENOTDIR|EEXIST)$/

/** Whether a thrown value carries a code of SQLite or of the file system. */
export function codeOf(thrown: unknown): string | null {
  const code = thrown instanceof Error ? (thrown as { code?: unknown }).code : undefined
  return typeof code === 'string' ? code : null
}

/**
 * Whether an error says that the database is damaged; one that is locked, newer, unreadable or
 * another program's is not.
 */
export function isDamage(thrown: unknown): boolean {
  if (thrown instanceof StudioError)
    return thrown.data['damaged'] === true || damage.test(String(thrown.data['code']))
  return damage.test(codeOf(thrown) ?? '')
}

/**
 * A failure of the disk or the database as StudioError `store-failed`; any other error comes back
 * as it is.
 */
export function storeFailure(thrown: unknown, place: string): unknown {
  const code = codeOf(thrown)
  if (thrown instanceof StudioError || code === null) return thrown
  const known = advice.find(([pattern]) => pattern.test(code))
  if (!known && !/^(SQLITE_|E[A-Z0-9]+$)/.test(code)) return thrown
  const [, found, next] = known ?? [
    /./,
    (thrown as Error).message,
    'Check the folder and the disk, then try again.',
  ]
  return new StudioError(
    'store-failed',
    `Expected to keep data in ${place}, but ${found}${said.test(code) ? '' : ` (${code})`}. ${next}`,
    { code, place },
  )
}
