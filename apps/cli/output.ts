// The file that a command writes: checked before the work, written whole at its end.
import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { StudioError } from '../../preload/contract/errors.ts'
import { writeAtomic } from '../../main/files/atomic.ts'
import { fileReason } from '../../main/files/reason.ts'
import type { Flag, Flags } from './command.ts'

export const outFlag = (ending: string): Flag => ({ name: 'out', value: 'FILE', help: `Where to write (${ending}).` })

/** The absolute path of --out. Throws `bad-input` when it is missing, ends otherwise, or its folder is not there. */
export function outGiven(flags: Flags, endings: readonly string[]): string {
  const found = flags.text('out')
  const expected = endings.join(' or ')
  if (found === undefined || found === '')
    throw new StudioError(
      'bad-input',
      `--out: expected the path of a ${expected} file to write, found nothing. Write for example --out picture${endings[0]}.`,
    )
  const path = resolve(found)
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw new StudioError(
      'bad-input',
      `--out: expected the path of a ${expected} file to write, found the folder ${path}. Name a file in it.`,
    )
  if (!endings.some((ending) => found.toLowerCase().endsWith(ending)))
    throw new StudioError('bad-input', `--out: expected a name ending in ${expected}, found "${found}".`)
  const folder = statSync(dirname(path), { throwIfNoEntry: false })
  if (!folder?.isDirectory())
    throw new StudioError('bad-input', `--out: expected an existing folder, found no ${dirname(path)}. Make it first.`)
  return path
}

/** Writes the file whole or not at all. Throws `bad-input` when the disk does not take it. */
export async function writeOut(path: string, contents: Uint8Array | readonly Uint8Array[]): Promise<void> {
  await writeAtomic(path, contents).catch((error: unknown) => {
    throw new StudioError(
      'bad-input',
      `${path}: expected a file that can be written, found ${fileReason(error)}. Choose another place with --out.`,
      { path },
    )
  })
}
