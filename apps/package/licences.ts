// The licences that go with the program: an index of every packed package, and each package's own
// texts.
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Installed } from '../../main/runtime/verify.ts'
import type { TakenPackage } from './packages.ts'

const text = /^(licen[cs]e|notice|copying|third.?party)/i

/** One line of the index: a package, its licence as it states it, and the copied texts. */
export interface LicenceLine {
  name: string
  version: string
  licence: string
  texts: string[]
}

/** Where the runtime keeps the Apache licence, for packages that state it and carry no text. */
export function apacheText(installed: Installed | null): string | undefined {
  const name = installed?.licences.find((each) => /tensorflow__(include__)?LICENSE$/.test(each))
  return name === undefined ? undefined : `../runtime/${name}`
}

/**
 * Copies the texts of `packages` (folders below `root`) into `folder`; of one without, what it says
 * about itself.
 */
export function copyLicences(
  root: string,
  packages: TakenPackage[],
  folder: string,
  apache?: string,
): LicenceLine[] {
  return packages.map(({ path, name, version, licence }) => {
    const files = existsSync(join(root, path)) ? readdirSync(join(root, path)) : []
    const stated = files.filter((file) => text.test(file))
    const shared =
      stated.length === 0 && licence.includes('Apache-2.0') && apache !== undefined ? [apache] : []
    const own =
      stated.length > 0 || shared.length > 0
        ? stated
        : files.filter((file) => /^readme/i.test(file))
    const place = `${name}-${version}`.replaceAll('/', '+')
    if (own.length > 0) mkdirSync(join(folder, place), { recursive: true })
    for (const file of own) copyFileSync(join(root, path, file), join(folder, place, file))
    return { name, version, licence, texts: [...own.map((file) => `${place}/${file}`), ...shared] }
  })
}

/** The wheels that the runtime was taken from; their texts lie in the runtime's own folder. */
export function runtimeLines(installed: Installed | null): LicenceLine[] {
  return (installed?.packages ?? []).map(({ file, licence }) => ({
    name: file,
    version: installed!.version,
    licence,
    texts: installed!.licences.map((name) => `../runtime/${name}`),
  }))
}

export function writeIndex(folder: string, lines: LicenceLine[]): void {
  const entries = lines.map(
    ({ name, version, licence, texts }) =>
      `${name} ${version}: ${licence}\n${texts.length === 0 ? '  (no licence text in the package)' : texts.map((each) => `  ${each}`).join('\n')}`,
  )
  const head = 'Components of Latent Studio, their licences, and where to find the licence texts.\n'
  writeFileSync(join(folder, 'INDEX.txt'), `${head}\n${entries.join('\n')}\n`)
}
