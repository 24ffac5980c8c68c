// The data folder of a command: --data, else LATENT_STUDIO_HOME, else the user's own.
import { resolve } from 'node:path'
import { defaultDataFolder } from '../../main/service/folder.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import type { Flags } from './command.ts'

export function dataFolderGiven(flags: Flags): string {
  const found = flags.text('data')
  if (found === undefined) return defaultDataFolder()
  if (found.trim() === '') throw new StudioError('bad-input', '--data: expected a folder, found an empty text.')
  return resolve(found)
}
