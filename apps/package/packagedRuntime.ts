// The native runtime that goes along: this machine's CPU runtime, installed where it is missing,
// every file hashed, then copied. Its binding finds the libraries relative to itself ($ORIGIN), so
// it works wherever the program is put.
import { copyFileSync, constants, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { installRuntime } from '../../main/runtime/install.ts'
import { entryFor } from '../../main/runtime/runtimeManifest.ts'
import { verifyRuntime, writeInstalled, type Installed } from '../../main/runtime/verify.ts'

/**
 * Fills `folder` with the verified files alone and their installed.json, no notes of this machine.
 * Null where there is no recipe.
 */
export async function bundleRuntime(
  folder: string,
  note: (line: string) => void,
): Promise<Installed | null> {
  mkdirSync(folder)
  if (entryFor('cpu') === undefined) {
    note(
      `no native runtime for ${process.platform} ${process.arch}: the program will train on wasm`,
    )
    return null
  }
  let told = ''
  const { folder: source } = await installRuntime({
    onProgress: ({ stage, text }) => {
      if (stage !== told) note(`native runtime: ${text}`)
      told = stage
    },
  })
  // installRuntime has hashed every file of it just now
  const installed = await verifyRuntime(source)
  copyRuntime(source, folder, installed)
  return installed
}

function copyRuntime(source: string, folder: string, installed: Installed): void {
  for (const name of Object.keys(installed.files)) {
    const target = join(folder, name)
    mkdirSync(dirname(target), { recursive: true })
    copyFileSync(join(source, name), target, constants.COPYFILE_FICLONE)
  }
  writeInstalled(folder, installed)
}
