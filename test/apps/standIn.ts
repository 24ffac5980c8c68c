// A stand-in for Electron's binary, so that packing can be tried where the real one is not: the
// files that electron-builder touches, with the mark and states of fuses as Electron's builds carry
// them. It shows nothing.
import { chmodSync, mkdirSync, openSync, closeSync, readSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What marks the fuses in every Electron binary (Electron's documentation, "Electron Fuses"). */
const fuseMark = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'

/** The mark, the version 1, the number of fuses, and their states before packing. */
export function binaryWithFuses(): Buffer {
  const wire = Buffer.concat([Buffer.from(fuseMark), Buffer.from([1, 8]), Buffer.from('10110001')])
  return Buffer.concat([Buffer.alloc(1000, 7), wire, Buffer.alloc(1000, 7)])
}

/** A folder like that of an unpacked Electron for Linux. */
export function writeStandIn(folder: string): string {
  mkdirSync(join(folder, 'locales'), { recursive: true })
  mkdirSync(join(folder, 'resources'))
  for (const name of [
    'LICENSE',
    'LICENSES.chromium.html',
    'version',
    'chrome-sandbox',
    'locales/en-US.pak',
  ])
    writeFileSync(join(folder, name), name)
  writeFileSync(join(folder, 'electron'), binaryWithFuses())
  chmodSync(join(folder, 'electron'), 0o755)
  return folder
}

interface Entry {
  files?: Record<string, Entry>
  unpacked?: boolean
}

/**
 * The files of an archive, sorted, from its header: JSON at byte 16, its length at byte 12 (format
 * of @electron/asar).
 */
export function archiveFiles(path: string): { name: string; unpacked: boolean }[] {
  const file = openSync(path, 'r')
  try {
    const start = Buffer.alloc(16)
    readSync(file, start, 0, 16, 0)
    const header = Buffer.alloc(start.readUInt32LE(12))
    readSync(file, header, 0, header.length, 16)
    return filesBelow(JSON.parse(header.toString('utf8')) as Entry, '').sort((one, other) =>
      one.name < other.name ? -1 : 1,
    )
  } finally {
    closeSync(file)
  }
}

function filesBelow(folder: Entry, path: string): { name: string; unpacked: boolean }[] {
  return Object.entries(folder.files ?? {}).flatMap(([name, entry]) =>
    entry.files === undefined
      ? [{ name: `${path}${name}`, unpacked: entry.unpacked === true }]
      : filesBelow(entry, `${path}${name}/`),
  )
}
