// The data folder of a command: --data, else LATENT_STUDIO_HOME, else the user's own.
import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { defaultDataFolder } from '../../main/service/folder.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import type { Flags } from './command.ts'

export function dataFolderGiven(flags: Flags): string {
  const found = flags.text('data')
  if (found === undefined) return defaultDataFolder()
  if (found.trim() === '') throw new StudioError('bad-input', '--data: expected a folder, found an empty text.')
  const folder = resolve(found)
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new StudioError('bad-input', `--data: expected a folder, but ${folder} is a file. Choose another.`)
  return folder
}

/** The same for a command that only looks: a folder given by --data has to be there. Throws `not-found`. */
export function existingFolderGiven(flags: Flags): string {
  const folder = dataFolderGiven(flags)
  if (flags.text('data') !== undefined && !existsSync(folder))
    throw new StudioError('not-found', `--data: expected an existing data folder, found no ${folder}. Check the path.`)
  return folder
}
