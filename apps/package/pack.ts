// Packs a staged tree with electron-builder and a given Electron binary into what people install.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'electron-builder'
import { packConfiguration, type PackSettings } from './configuration.ts'

/**
 * Electron's folder from ELECTRON_OVERRIDE_DIST_PATH, or the sentence that says what is missing.
 */
export function electronGiven(
  environment: NodeJS.ProcessEnv = process.env,
): { folder: string } | { missing: string } {
  const folder = environment['ELECTRON_OVERRIDE_DIST_PATH']
  const want = 'the folder of an unpacked Electron binary in ELECTRON_OVERRIDE_DIST_PATH'
  if (!folder)
    return {
      missing: `Expected ${want}; it is not set. \`npm run package -- --stage\` lays out the files without packing them.`,
    }
  if (!['electron', 'electron.exe', 'Electron.app'].some((name) => existsSync(join(folder, name))))
    return {
      missing: `Expected ${want}; found no electron, electron.exe or Electron.app in ${folder}.`,
    }
  return { folder }
}

/** The version of Electron that the program is written for. */
export function electronVersion(root: string): string {
  const whole = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>
  }
  return whole.devDependencies['electron']!
}

/**
 * Packs for this machine's system; `folderOnly` leaves the folder that would be installed, without
 * an installer. Names what was written.
 */
export async function pack(settings: PackSettings, folderOnly: boolean): Promise<string[]> {
  return build({
    projectDir: settings.stage,
    config: packConfiguration(settings),
    publish: 'never',
    ...(folderOnly ? { dir: true } : {}),
  })
}
