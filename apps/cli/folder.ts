// The data folder of a command: --data, else LATENT_STUDIO_HOME, else the user's own.
import { statSync, type Stats } from 'node:fs'
import { answering } from '../../main/files/answering.ts'
import { defaultDataFolder } from '../../main/service/folder.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import type { Flags } from './command.ts'
import { pathFailure, pathGiven } from './place.ts'

/**
 * Throws `bad-input` for what cannot be a folder, `store-failed` where its disk gives no answer.
 */
export async function dataFolderGiven(flags: Flags): Promise<string> {
  return (await folderGiven(flags)).folder
}

/**
 * The same for a command that only looks: a folder given by --data has to be there. Throws
 * `not-found`.
 */
export async function existingFolderGiven(flags: Flags): Promise<string> {
  const { folder, found } = await folderGiven(flags)
  if (flags.text('data') !== undefined && found === undefined)
    throw new StudioError(
      'not-found',
      `--data: expected an existing data folder, found nothing at ${folder}. Check the path.`,
    )
  return folder
}

async function folderGiven(flags: Flags): Promise<{ folder: string; found: Stats | undefined }> {
  const given = flags.text('data')
  if (given?.trim() === '')
    throw new StudioError(
      'bad-input',
      '--data: expected a folder, found an empty string. Give a path, or leave --data out.',
    )
  const folder = given === undefined ? defaultDataFolder() : pathGiven('--data', given)
  await answering(folder)
  const found = look(folder)
  if (found?.isDirectory() === false)
    throw new StudioError(
      'bad-input',
      `--data: expected a folder, found the file ${folder}. Choose another path.`,
    )
  return { folder, found }
}

function look(folder: string): Stats | undefined {
  try {
    return statSync(folder, { throwIfNoEntry: false })
  } catch (error) {
    throw pathFailure('--data', 'a folder that can be opened', folder, error)
  }
}
