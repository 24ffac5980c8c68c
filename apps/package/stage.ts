// Lays out the files that a desktop package consists of: the program with its packages (app/), the
// native runtime, Node for the command line, licences, bill of materials, icons. The tree works as
// it stands: bin/latent runs it.
import {
  chmodSync,
  cpSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, sep } from 'node:path'
import type { Installed } from '../../main/runtime/verify.ts'
import { trimmedDescription } from './description.ts'
import { apacheText, copyLicences, runtimeLines, writeIndex } from './licences.ts'
import { writeNatives } from './natives.ts'
import {
  fileTaken,
  nodePackageFor,
  packagesTaken,
  readLock,
  type TakenPackage,
  type Target,
} from './packages.ts'
import { bundleRuntime } from './packagedRuntime.ts'
import { npmBill, packedBill } from './sbom.ts'

/**
 * Fills `folder`, which is made anew; refuses one that holds something else. The build in out/ must
 * be there.
 */
export async function stage(
  root: string,
  folder: string,
  target: Target,
  note: (line: string) => void,
): Promise<void> {
  makeRoom(folder)
  const lock = readLock(root)
  const packages = packagesTaken(lock, target)
  const app = join(folder, 'app')
  for (const part of ['main', 'preload', 'renderer'])
    cpSync(join(root, 'out', part), join(app, 'out', part), { recursive: true })
  const whole = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
    string,
    unknown
  >
  writeFileSync(
    join(app, 'package.json'),
    `${JSON.stringify(trimmedDescription(whole), null, 2)}\n`,
  )
  for (const each of packages) copyPackage(root, each, app, target)
  writeNatives(app)
  note(`${packages.length} packages`)
  const node = copyNode(root, folder, target)
  writeCommands(folder)
  cpSync(join(root, 'apps/package/icons'), join(folder, 'icons'), { recursive: true })
  const installed = await bundleRuntime(join(folder, 'runtime'), note)
  // what the build put into the pages: no folder of theirs is packed, their licences are
  const built = JSON.parse(
    readFileSync(join(root, 'out/renderer-packages.json'), 'utf8'),
  ) as string[]
  const pages = built
    .filter((path) => !packages.some((each) => each.path === path))
    .map((path) => locked(lock, path))
  writePapers(root, folder, [...packages, ...pages, node], installed)
}

function makeRoom(folder: string): void {
  if (
    existsSync(folder) &&
    readdirSync(folder).length > 0 &&
    !existsSync(join(folder, 'app', 'package.json'))
  )
    throw new Error(
      `expected an empty folder or an earlier staged tree in ${folder}; found other files. Name another folder.`,
    )
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
}

function locked(lock: ReturnType<typeof readLock>, path: string): TakenPackage {
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
  const found = lock[path]
  if (found === undefined) throw new Error(`expected ${name} in package-lock.json; run npm install`)
  return { path, name, version: found.version ?? '', licence: found.license ?? 'not stated' }
}

function copyPackage(
  root: string,
  { path, name }: TakenPackage,
  app: string,
  target: Target,
): void {
  const files = readdirSync(join(root, path), { recursive: true, withFileTypes: true })
  for (const entry of files) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    const inside = file.slice(join(root, path).length + 1)
    if (!fileTaken(name, inside.split(sep).join('/'), target)) continue
    const place = join(app, path, inside)
    mkdirSync(dirname(place), { recursive: true })
    copyFileSync(file, place)
  }
}

/** Node's binary and its licence. */
function copyNode(root: string, folder: string, target: Target): TakenPackage {
  const name = nodePackageFor(target)
  const source = name === undefined ? undefined : join(root, 'node_modules', name)
  if (name === undefined || source === undefined || !existsSync(source))
    throw new Error(
      `expected Node for ${target.platform} ${target.arch} in node_modules; package on that system, after npm ci`,
    )
  const binary = target.platform === 'win32' ? 'node.exe' : 'node'
  mkdirSync(join(folder, 'node'), { recursive: true })
  copyFileSync(join(source, 'bin', binary), join(folder, 'node', binary))
  chmodSync(join(folder, 'node', binary), 0o755)
  return locked(readLock(root), `node_modules/${name}`)
}

/**
 * `latent`, for a shell. In an installed package the command line's copy of the program is called
 * cli.
 */
function writeCommands(folder: string): void {
  const shell = `#!/bin/sh
# Runs the command line of Latent Studio on the Node that came with it.
here=$(dirname "$(readlink -f "$0")")
app="$here/../cli"
[ -d "$app" ] || app="$here/../app"
exec "$here/../node/node" "$app/out/main/cli.js" "$@"
`
  const windows = `@echo off\r\nset APP=%~dp0..\\cli\r\nif not exist "%APP%" set APP=%~dp0..\\app\r\n"%~dp0..\\node\\node.exe" "%APP%\\out\\main\\cli.js" %*\r\n`
  mkdirSync(join(folder, 'bin'))
  writeFileSync(join(folder, 'bin/latent'), shell, { mode: 0o755 })
  writeFileSync(join(folder, 'bin/latent.cmd'), windows)
}

function writePapers(
  root: string,
  folder: string,
  packages: TakenPackage[],
  installed: Installed | null,
): void {
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
  mkdirSync(join(folder, 'licences'))
  const lines = copyLicences(root, packages, join(folder, 'licences'), apacheText(installed))
  writeIndex(join(folder, 'licences'), [...lines, ...runtimeLines(installed)])
  const bill = packedBill(npmBill(root), packages, installed)
  writeFileSync(join(folder, 'sbom.cdx.json'), `${JSON.stringify(bill, null, 1)}\n`)
}
