// Programs that XLA compiled, kept on disk by XLA itself and loaded instead of compiling the same
// program again: the same machine code, so the same bits. A folder is for one library, its flags,
// its threads and one processor; one that nobody has used for long is removed. XLA trusts what it
// finds, so each file carries the sha256 that it had when it was written; what lacks it or differs
// is removed first.
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

/** Programs kept for one such combination, some 0.4 MB each. */
const KEPT = 32
/**
 * Milliseconds without use after which the programs of another combination are removed: that
 * library may be gone.
 */
const UNUSED = 60 * 24 * 3_600_000
const program = /^xla_compile_cache__.*\.pb$/
const combination = /^[0-9a-f]{16}$/

let folder: string | null = null

export interface CacheOwner {
  cacheFolder: string
  /** Changes with every byte of the library. */
  library: string
  threads: number
}

/**
 * Before the library is first used. Where the folder cannot be written, every program is compiled.
 */
export function useProgramCache(owner: CacheOwner): void {
  const given = process.env['TF_XLA_FLAGS'] ?? ''
  if (given.includes('persistent_cache')) return // somebody's own
  try {
    const own = path.join(owner.cacheFolder, 'programs', nameOf(owner))
    if (/[\s"']/.test(own)) return // the flags are one text, parted at spaces
    fs.mkdirSync(own, { recursive: true, mode: 0o700 })
    setTimes(own, Date.now(), Date.now()) // in use: see removeUnused
    removeUnused(path.dirname(own))
    removeDoubtful(own)
    process.env['TF_XLA_FLAGS'] = `${given} --tf_xla_persistent_cache_directory=${own}`.trim()
    folder = own
  } catch {
    folder = null
  }
}

/** After a program was compiled: its file counts from now on. */
export function sealPrograms(): void {
  if (folder === null) return
  try {
    for (const file of programsIn(folder))
      if (!fs.existsSync(sealOf(file))) fs.writeFileSync(sealOf(file), hashOf(file))
  } catch {
    // without its seal it is compiled again
  }
}

function removeUnused(programs: string): void {
  for (const entry of fs.readdirSync(programs, { withFileTypes: true })) {
    if (!entry.isDirectory() || !combination.test(entry.name)) continue
    const folder = path.join(programs, entry.name)
    try {
      if (Date.now() - fs.statSync(folder).mtimeMs > UNUSED)
        fs.rmSync(folder, { recursive: true, force: true })
    } catch {
      // another process removed it first
    }
  }
}

function removeDoubtful(own: string): void {
  const files = programsIn(own)
    .map((file) => ({ file, used: lastUse(file) }))
    .sort((a, b) => b.used - a.used)
  files.forEach(({ file }, index) => {
    if (index < KEPT && isSealed(file)) return
    fs.rmSync(file, { force: true })
    fs.rmSync(sealOf(file), { force: true })
  })
}

function isSealed(file: string): boolean {
  try {
    return fs.readFileSync(sealOf(file), 'utf8') === hashOf(file)
  } catch {
    return false
  }
}

const programsIn = (own: string) =>
  fs
    .readdirSync(own)
    .filter((name) => program.test(name))
    .map((name) => path.join(own, name))
const sealOf = (file: string) => `${file}.sha256`

// XLA reads a program without a word. Disks keep the time when a file was read, most of them once
// it was read or changed since its times were set: so our own reading sets them back. Where they
// keep none, it is the time of compiling.
function lastUse(file: string): number {
  const { atimeMs, mtimeMs } = fs.statSync(file)
  return Math.max(atimeMs, mtimeMs)
}

function hashOf(file: string): string {
  const [used, { mtimeMs }] = [lastUse(file), fs.statSync(file)]
  const hash = createHash('sha256').update(fs.readFileSync(file)).digest('hex')
  setTimes(file, used, mtimeMs)
  return hash
}

// Whole seconds: a time with digits after the point would move a little whenever it is set back.
function setTimes(name: string, used: number, changed: number): void {
  try {
    fs.utimesSync(name, Math.floor(used / 1000), Math.floor(changed / 1000))
  } catch {
    // somebody else's folder: its programs can be loaded all the same
  }
}

function nameOf({ library, threads }: CacheOwner): string {
  const parts = [
    library,
    threads,
    process.env['XLA_FLAGS'] ?? '',
    process.env['TF_XLA_FLAGS'] ?? '',
    process.arch,
    processor(),
  ]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16)
}

/**
 * Its name and, where the system tells, the instructions that it has: machine code is for those.
 */
function processor(): string {
  const model = os.cpus()[0]?.model ?? ''
  try {
    return `${model} ${/^flags\s*:.*$/m.exec(fs.readFileSync('/proc/cpuinfo', 'utf8'))?.[0] ?? ''}`
  } catch {
    return model
  }
}
