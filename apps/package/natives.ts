// The sha256 of every native file among the packed packages, which the program compares when it
// loads one (main/runtime/bundled.ts). The runtime's own files are in its installed.json.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { nativesFile } from '../../main/runtime/bundled.ts'

/** Writes natives.json into the packed program's folder; names are relative to it, with slashes. */
export function writeNatives(appFolder: string): Record<string, string> {
  const names = readdirSync(appFolder, { recursive: true, encoding: 'utf8' })
  const natives = names.filter((name) => /\.(node|so|dylib|dll)$/.test(name)).sort()
  const hashes = natives.map(
    (name) => [name.split(sep).join('/'), sha256(readFileSync(join(appFolder, name)))] as const,
  )
  const list = Object.fromEntries(hashes)
  writeFileSync(join(appFolder, nativesFile), `${JSON.stringify(list, null, 1)}\n`)
  return list
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
