// `npm run package`: builds, lays out the files (`--stage [DIR]` stops there), and packs them with
// the Electron binary that ELECTRON_OVERRIDE_DIST_PATH names. `--folder` leaves the unpacked
// program instead of installers.
import { rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { asStudioError } from '../../preload/contract/errors.ts'
import { build } from '../buildPages.ts'
import { root } from '../testing/runNode.ts'
import { electronGiven, electronVersion, pack } from './pack.ts'
import type { Target } from './packages.ts'
import { stage } from './stage.ts'

const note = (line: string) => void process.stderr.write(`${line}\n`)

async function main(args: string[]): Promise<void> {
  const options = {
    stage: { type: 'boolean' },
    folder: { type: 'boolean' },
    homepage: { type: 'string' },
  } as const
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true })
  const folder = resolve(positionals[0] ?? join(root, 'dist/stage'))
  const electron = electronGiven()
  // before minutes of work that nobody asked for
  if (!values.stage && 'missing' in electron) throw new Error(electron.missing)
  rmSync(join(root, 'out/main'), { recursive: true, force: true }) // files of an older build are not packed
  note('building...')
  const built = await build()
  if (built.code !== 0) throw new Error(`The program could not be built:\n${built.output}`)
  await stage(root, folder, { platform: process.platform, arch: process.arch } as Target, note)
  console.log(folder)
  if (values.stage || 'missing' in electron) return
  const output = join(root, 'dist')
  const { homepage } = values
  if (homepage === undefined && process.platform === 'linux')
    note('no --homepage: a Debian package must name one and is left out')
  const settings = {
    stage: folder,
    output,
    electronDist: electron.folder,
    electronVersion: electronVersion(root),
    homepage,
  }
  const files = await pack(settings, values.folder ?? false)
  for (const file of files.length > 0 ? files : [output]) console.log(file)
}

try {
  await main(process.argv.slice(3))
} catch (error) {
  note(asStudioError(error).message)
  process.exitCode = 1
}
