// The file that a command writes: checked before the work, written whole at its end. What is there
// already is replaced by --force alone; links are followed and stay, pipes and standard output take
// a stream.
import { statSync } from 'node:fs'
import { dirname, extname } from 'node:path'
import { exists } from '../../main/exporters/destination.ts'
import { targetOf, writeTarget, type Target } from '../../main/files/target.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import type { Call, Flag, Flags } from './command.ts'
import { pathFailure, pathGiven } from './place.ts'

/** Where a command writes. */
export interface Out {
  /** As it was given, absolute. */
  path: string
  /** One of the command's endings, which says the format. */
  ending: string
  force: boolean
}

/** --out and --force. */
export function outFlags(ending: string): Flag[] {
  return [
    { name: 'out', value: 'FILE', help: `Where to write (${ending}).` },
    { name: 'force', help: 'Replace an existing file.' },
  ]
}

/**
 * Where --out leads. Throws `bad-input` when it is missing, ends otherwise, is there already, or
 * cannot be written. What is no file (/dev/stdout, a pipe) may lack an ending: it takes the
 * command's first format.
 */
export function outGiven(flags: Flags, endings: readonly string[]): Out {
  const found = flags.text('out')
  const expected = endings.join(' or ')
  if (found === undefined || found === '')
    throw new StudioError(
      'bad-input',
      `--out: expected the path of a ${expected} file to write, found nothing. For example: --out picture${endings[0]}.`,
    )
  const path = pathGiven('--out', found)
  const force = flags.on('force')
  const target = lookAt(path)
  if (target.kind === 'folder')
    throw new StudioError(
      'bad-input',
      `--out: expected the path of a ${expected} file to write, found the folder ${path}. Name a file in it.`,
    )
  const isStream = target.kind === 'stream' || target.kind === 'stdout'
  const ending =
    endings.find((one) => found.toLowerCase().endsWith(one)) ??
    (isStream && extname(found) === '' ? endings[0] : undefined)
  if (ending === undefined)
    throw new StudioError(
      'bad-input',
      `--out: expected a name ending in ${expected}, found "${found}".`,
    )
  if (target.kind === 'stdout' && flags.on('json'))
    throw new StudioError(
      'bad-input',
      '--out: expected a file when --json is given, found standard output. Leave one of them out.',
    )
  if (!isStream) refuseFolder(target.path)
  refuseTaken(target, path, force)
  return { path, ending, force }
}

/**
 * Writes the file whole or not at all, then says so: `text` on stdout, or on stderr where stdout
 * holds the file, and `document` with --json. Throws `bad-input` when the disk does not take it.
 */
export async function writeOut(
  { terminal }: Call,
  { path, force }: Out,
  contents: Uint8Array | readonly Uint8Array[],
  text: string,
  document: Record<string, unknown>,
): Promise<void> {
  const target = lookAt(path)
  refuseTaken(target, path, force) // looked at again: the work takes a while
  const waits = () => terminal.note(`waiting for a reader of ${path}`)
  await writeTarget(target, contents, waits).catch((error: unknown) => {
    throw pathFailure('--out', 'a file that can be written', path, error)
  })
  if (target.kind === 'stdout') terminal.note(`${path}: ${text}`)
  else terminal.print(`${path}: ${text}`)
  terminal.document({ file: path, ...document })
}

function lookAt(path: string): Target {
  try {
    return targetOf(path)
  } catch (error) {
    throw pathFailure('--out', 'a file that can be written', path, error)
  }
}

function refuseTaken({ kind }: Target, path: string, force: boolean): void {
  if (kind === 'file' && !force) throw exists(path, 'file', true)
}

function refuseFolder(path: string): void {
  const folder = dirname(path)
  let isFolder: boolean
  try {
    isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false
  } catch (error) {
    throw pathFailure('--out', 'an existing folder', folder, error)
  }
  if (!isFolder)
    throw new StudioError(
      'bad-input',
      `--out: expected an existing folder, found nothing at ${folder}. Create the folder first.`,
    )
}
