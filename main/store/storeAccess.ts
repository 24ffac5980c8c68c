// Whether a data folder can be written at all, asked before SQLite opens anything in it: a
// connection that may not write the database would still leave a -wal and a -shm of its own beside
// it, which then lock the folder's owner out.
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { StudioError } from '../../preload/contract/errors.ts'
import { codeOf } from './failure.ts'

const files = ['studio.db', 'studio.db-wal', 'studio.db-shm', 'owner.lock', 'runs']

/**
 * Throws StudioError `store-failed` with `readOnly` in its data, naming what this user may not
 * write. Changes nothing.
 */
export function requireWritable(dataFolder: string): void {
  // it will be made, or fail to be, without a trace
  if (!existsSync(dataFolder) || !statSync(dataFolder).isDirectory()) return
  const paths = [
    dataFolder,
    ...files.map((name) => join(dataFolder, name)).filter((path) => existsSync(path)),
  ]
  for (const path of paths) {
    const code = refusal(path, path === dataFolder || path.endsWith('runs') ? constants.X_OK : 0)
    if (code !== null)
      throw new StudioError(
        'store-failed',
        `Expected to keep data in ${dataFolder}, found no permission to write ${path} (${code}). Ask its owner for permission, or choose another folder with --data. \`latent runs\`, \`latent show\` and \`latent metrics\` can still read it.`,
        { code, place: dataFolder, readOnly: true },
      )
  }
}

/** Whether an error says that the folder can be looked at and no more. */
export function isReadOnly(error: unknown): boolean {
  return error instanceof StudioError && error.data['readOnly'] === true
}

function refusal(path: string, more: number): string | null {
  try {
    accessSync(path, constants.R_OK | constants.W_OK | more)
    return null
  } catch (error) {
    return codeOf(error) ?? 'EACCES'
  }
}
