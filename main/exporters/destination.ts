// Where an export goes: one new file with its companions beside it, or one new folder. Written
// whole or not at all; what is there already is refused unless it may be replaced, and then only
// what an export could have written.
import { lstatSync } from 'node:fs'
import {
  access,
  chmod,
  constants,
  lstat,
  mkdir,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
} from 'node:fs/promises'
import { basename, dirname, extname, isAbsolute, join, relative, resolve } from 'node:path'
import { StudioError } from '../../preload/contract/errors.ts'
import {
  exportEndings,
  exportFormats,
  loneFormats,
  type ExportFormat,
} from '../../preload/contract/exports.ts'
import {
  diskLayer,
  shortened,
  temporaryName,
  writeAtomic,
  type FileLayer,
} from '../files/atomic.ts'
import { fileAdvice, fileReason } from '../files/reason.ts'
import { targetOf } from '../files/target.ts'
import { newMark } from './scratch.ts'

export interface Destination {
  path: string
  kind: 'file' | 'folder'
  /**
   * Names of the main file and of the card, which some formats hold inside. A folder that is loaded
   * as a whole is named by itself.
   */
  names: { main: string; card: string | null }
}

export interface NamedBytes {
  name: string
  bytes: Uint8Array
}

const folderCard = 'MODEL_CARD.md'
const sharedScripts = ['load_in_pytorch.py', 'load_in_jax.py']
/** Every name that an export puts into a folder; all are files. */
const knownNames = new Set([
  folderCard,
  ...sharedScripts,
  'model.json',
  'weights.bin',
  'saved_model.pb',
  ...exportFormats
    .filter((format) => exportEndings[format] !== undefined && !loneFormats.includes(format))
    .map((format) => `model${exportEndings[format]}`),
])

/**
 * What a path means for a format. Throws `bad-input` for a relative path or another format's
 * ending.
 */
export function destinationOf(path: string, format: ExportFormat): Destination {
  if (!isAbsolute(path) || path.includes('\0'))
    throw bad(path, 'an absolute path', 'a relative path', 'Give the absolute path.')
  const whole = resolve(path)
  const [name, ending] = [basename(whole), exportEndings[format]]
  const found = extname(name).toLowerCase()
  const lone = loneFormats.includes(format)
  if (name === '')
    throw bad(path, 'a path with a name', 'the root folder', 'Name a new folder in it.')
  if (ending !== undefined && found === ending)
    return {
      path: whole,
      kind: 'file',
      names: { main: name, card: lone ? null : cardBeside(name) },
    }
  if (lone) throw bad(path, `a name ending in ${ending}`, `"${name}"`, `${format} is one file.`)
  const foreign = [...exportFormats.map((other) => exportEndings[other]), '.json', '.pb'].includes(
    found,
  )
  if (foreign)
    throw bad(
      path,
      ending === undefined
        ? 'the name of a new folder'
        : `a name ending in ${ending}, or that of a new folder`,
      `"${name}"`,
      `This format is ${format}.`,
    )
  return {
    path: whole,
    kind: 'folder',
    names: { main: ending === undefined ? name : `model${ending}`, card: folderCard },
  }
}

// The longest name that disks take has 255 bytes; a model may have that.
const cardBeside = (name: string): string =>
  `${shortened(name, 255 - folderCard.length - 1)}.${folderCard}`

/**
 * `destinationOf` for what a link leads to: the link stays, what lies behind it is written. Throws
 * `bad-input`, also for a link to another kind of file, and for one that leads back to itself.
 */
export function destinationBehind(path: string, format: ExportFormat): Destination {
  const given = destinationOf(path, format)
  try {
    const behind = isLink(given.path) ? targetOf(given.path).path : given.path
    return behind === given.path ? given : destinationOf(behind, format)
  } catch (error) {
    if (error instanceof StudioError) throw error
    throw writeFailure(given.path, error)
  }
}

const isLink = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false

/**
 * Throws `bad-input` when the destination cannot be written: it exists (and `force` is off, or it
 * is more than an earlier export), its folder does not exist or is read-only, or it lies inside
 * `forbidden` (the program's own data).
 */
export async function checkDestination(
  destination: Destination,
  force: boolean,
  forbidden: string,
): Promise<void> {
  const { path, kind } = destination
  const parent = await realpath(dirname(path)).catch((error: unknown) => {
    throw writeFailure(dirname(path), error)
  })
  await access(parent, constants.W_OK).catch((error: unknown) => {
    throw writeFailure(parent, error)
  })
  const inside = relative(await realpath(forbidden), join(parent, basename(path)))
  if (!/^\.\.($|[\\/])/.test(inside) && !isAbsolute(inside))
    throw bad(
      path,
      'a place outside the data folder',
      'one inside it',
      'Latent Studio manages that folder; choose another place.',
    )
  if (kind === 'folder') return checkFolder(path, force)
  const there = await typeOf(path)
  if (there === 'folder')
    throw bad(path, 'the name of a new file', 'a folder with that name', 'Choose another name.')
  const files = [
    path,
    ...(destination.names.card === null ? [] : [join(dirname(path), destination.names.card)]),
  ]
  for (const file of files) {
    const found = await typeOf(file)
    if (found !== null && !(force && found === 'file')) throw exists(file, found, found === 'file')
  }
}

async function checkFolder(path: string, force: boolean): Promise<void> {
  const there = await typeOf(path)
  if (there === null) return
  if (there !== 'folder')
    throw bad(path, 'the name of a new folder', `a ${there} with that name`, 'Choose another name.')
  const entries = await readdir(path, { withFileTypes: true })
  const strange = entries.find((entry) => !entry.isFile() || !knownNames.has(entry.name))
  if (strange !== undefined)
    throw bad(
      path,
      'a folder that holds only an earlier export',
      `also ${JSON.stringify(strange.name)}${strange.isDirectory() ? ', a folder' : ''}`,
      'The folder was not changed: choose another place, or delete the folder yourself.',
    )
  if (!force) throw exists(path, there, true)
}

/**
 * Writes the files, the last of them last; what is not whole yet has `mark` in its name. Throws
 * `bad-input`; then nothing new is there and what was there still is.
 */
export async function writeDestination(
  destination: Destination,
  files: NamedBytes[],
  force: boolean,
  { mark = newMark(), layer = diskLayer }: { mark?: string; layer?: FileLayer } = {},
): Promise<void> {
  try {
    if (destination.kind === 'folder') await writeFolder(destination.path, files, mark, layer)
    else await writeBeside(destination.path, files, force, mark, layer)
  } catch (error) {
    if (error instanceof StudioError) throw error
    throw writeFailure(destination.path, error)
  }
}

/** Where a single file is written before it takes its own name. */
export function temporaryOf({ path }: Destination, mark: string): string {
  return join(dirname(path), temporaryName(basename(path), mark))
}

/**
 * Gives a file that is complete under `temporary` its own name. Throws `bad-input`; the temporary
 * file is gone either way.
 */
export async function publish(
  temporary: string,
  { path }: Destination,
  layer: FileLayer = diskLayer,
): Promise<void> {
  try {
    const mode = await modeOf(path)
    if (mode !== undefined) await chmod(temporary, mode)
    await layer.rename(temporary, path)
    await layer.syncFolder(dirname(path))
  } catch (error) {
    await layer.remove(temporary).catch(() => undefined)
    throw writeFailure(path, error)
  }
}

// One file with companions. All are on the disk under other names before the first takes its own: a
// full disk changes nothing. Those that were not there before go again should a later one not get
// its name.
async function writeBeside(
  path: string,
  files: NamedBytes[],
  force: boolean,
  mark: string,
  layer: FileLayer,
): Promise<void> {
  const folder = dirname(path)
  const wanted = await withoutKnownScripts(folder, files, force)
  const staged = wanted.map(({ name, bytes }) => ({
    bytes,
    temporary: join(folder, temporaryName(name, mark)),
    final: join(folder, name),
  }))
  const made: string[] = []
  try {
    for (const { temporary, final, bytes } of staged) {
      const mode = await modeOf(final)
      await writeAtomic(temporary, bytes, mode === undefined ? { layer } : { layer, mode })
    }
    for (const { temporary, final } of staged) {
      const fresh = (await typeOf(final)) === null
      await layer.rename(temporary, final)
      if (fresh) made.push(final)
    }
    await layer.syncFolder(folder)
  } catch (error) {
    for (const file of [...made, ...staged.map(({ temporary }) => temporary)])
      await layer.remove(file).catch(() => undefined)
    throw error
  }
}

// The scripts are the same for every export: where one lies already, nothing is to be written.
async function withoutKnownScripts(
  folder: string,
  files: NamedBytes[],
  force: boolean,
): Promise<NamedBytes[]> {
  const wanted: NamedBytes[] = []
  for (const file of files) if (!(await isKnownScript(folder, file, force))) wanted.push(file)
  return wanted
}

/** Throws `bad-input` for another script of that name, unless it may be replaced. */
async function isKnownScript(
  folder: string,
  { name, bytes }: NamedBytes,
  force: boolean,
): Promise<boolean> {
  if (!sharedScripts.includes(name)) return false
  const file = join(folder, name)
  const there = await typeOf(file)
  if (there === null) return false
  if (there === 'file' && (await readFile(file)).equals(bytes)) return true
  if (!force || there !== 'file') throw exists(file, there, there === 'file')
  return false
}

async function writeFolder(
  path: string,
  files: NamedBytes[],
  mark: string,
  layer: FileLayer,
): Promise<void> {
  const beside = (what: 'tmp' | 'old') =>
    join(dirname(path), temporaryName(basename(path), mark, what))
  const [fresh, old] = [beside('tmp'), beside('old')]
  const remove = (folder: string) => rm(folder, { recursive: true, force: true })
  try {
    await mkdir(fresh)
    for (const { name, bytes } of files) await writeAtomic(join(fresh, name), bytes, { layer })
    const replaced = (await typeOf(path)) !== null
    if (replaced) await rename(path, old)
    try {
      await layer.rename(fresh, path)
    } catch (error) {
      if (replaced) await rename(old, path)
      throw error
    }
    await layer.syncFolder(dirname(path))
    if (replaced) await remove(old)
  } catch (error) {
    await remove(fresh).catch(() => undefined)
    throw error
  }
}

/** Permissions of a file that is replaced, which the new one takes over. */
async function modeOf(path: string): Promise<number | undefined> {
  const found = await lstat(path).catch(() => null)
  return found?.isFile() ? found.mode & 0o777 : undefined
}

async function typeOf(path: string): Promise<'file' | 'folder' | 'special file' | null> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw writeFailure(path, error)
  })
  if (found === null) return null
  return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'special file'
}

function writeFailure(path: string, error: unknown): StudioError {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  const [found, advice] =
    code === 'ENOENT'
      ? ['no such folder', 'Create it first.']
      : [fileReason(error), fileAdvice(error)]
  return bad(path, 'a place that can be written to', found, advice, code)
}

/**
 * What is there is not written over, by any command. `reason` is EEXIST only where force would
 * help: the pages offer it.
 */
export function exists(path: string, found: string, replaceable: boolean): StudioError {
  return bad(
    path,
    'a path that does not exist yet',
    `a ${found} with that name`,
    replaceable ? 'Choose another one, or replace it (--force).' : 'Choose another one.',
    replaceable ? 'EEXIST' : '',
  )
}

function bad(
  path: string,
  expected: string,
  found: string,
  advice: string,
  reason = '',
): StudioError {
  return new StudioError('bad-input', `${path}: expected ${expected}, found ${found}. ${advice}`, {
    path,
    expected,
    found,
    reason,
  })
}
