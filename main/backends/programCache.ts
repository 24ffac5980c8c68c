// Programs that XLA compiled, kept on disk by XLA itself and loaded instead of compiling the same program again: the same
// machine code, so the same bits. A folder is for one library, its flags, its threads and one processor. XLA trusts what
// it finds, so each file carries the sha256 that it had when it was written; what lacks it or differs is removed first.
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

/** Programs kept for one such combination, some 0.4 MB each. */
const KEPT = 32
const program = /^xla_compile_cache__.*\.pb$/

let folder: string | null = null

export interface CacheOwner {
  cacheFolder: string
  /** Changes with every byte of the library. */
  library: string
  threads: number
}

/** Before the library is first used. Where the folder cannot be written, every program is compiled. */
export function useProgramCache(owner: CacheOwner): void {
  const given = process.env['TF_XLA_FLAGS'] ?? ''
  if (given.includes('persistent_cache')) return // somebody's own
  try {
    const own = path.join(owner.cacheFolder, 'programs', nameOf(owner))
    if (/[\s"']/.test(own)) return // the flags are one text, parted at spaces
    fs.mkdirSync(own, { recursive: true, mode: 0o700 })
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
    for (const file of programsIn(folder)) if (!fs.existsSync(sealOf(file))) fs.writeFileSync(sealOf(file), hashOf(file))
  } catch {
    // without its seal it is compiled again
  }
}

function removeDoubtful(own: string): void {
  const age = (file: string) => fs.statSync(file).mtimeMs
  const files = programsIn(own).sort((a, b) => age(b) - age(a))
  files.forEach((file, index) => {
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
const hashOf = (file: string) => createHash('sha256').update(fs.readFileSync(file)).digest('hex')

function nameOf({ library, threads }: CacheOwner): string {
  const parts = [library, threads, process.env['XLA_FLAGS'] ?? '', process.env['TF_XLA_FLAGS'] ?? '', process.arch, processor()]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16)
}

/** Its name and, where the system tells, the instructions that it has: machine code is for those. */
function processor(): string {
  const model = os.cpus()[0]?.model ?? ''
  try {
    return `${model} ${/^flags\s*:.*$/m.exec(fs.readFileSync('/proc/cpuinfo', 'utf8'))?.[0] ?? ''}`
  } catch {
    return model
  }
}
