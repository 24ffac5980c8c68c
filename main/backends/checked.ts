// Remembers which backends gave the known answer, so that a start need not try them again. A result
// holds for one combination of library hashes, place on the disk, environment, Node, processor and
// question; only good ones are kept.
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { z } from 'zod'
import type { Rung } from '../../preload/contract/runConfig.ts'
import { checksFolder } from '../runtime/cache.ts'
import { libraryEnvironment } from '../runtime/environment.ts'

const Result = z.object({ reason: z.string() })

/** Raised when the known answer's questions change, or what the library is told. */
const questions = 3

/** Name of the result: a hash of all that it depends on. */
export function checkKey(rung: Rung, identity: string): string {
  const processor = os.cpus()[0]?.model ?? 'unknown'
  const threads = process.env['TF_NUM_INTRAOP_THREADS'] ?? String(os.availableParallelism())
  const parts = [
    questions,
    rung,
    identity,
    process.version,
    process.arch,
    processor,
    threads,
    libraryEnvironment(),
  ]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 24)
}

/** The line that the rung said of itself when it passed, or null. */
export function checkedBefore(cacheFolder: string, key: string): string | null {
  try {
    return Result.parse(
      JSON.parse(fs.readFileSync(path.join(checksFolder(cacheFolder), `${key}.json`), 'utf8')),
    ).reason
  } catch {
    return null
  }
}

/** A backend that failed although it had passed is tried again next time. */
export function forgetCheck(cacheFolder: string, key: string): void {
  try {
    fs.rmSync(path.join(checksFolder(cacheFolder), `${key}.json`), { force: true })
  } catch {
    // a cache that cannot be written: whoever starts on this backend finds its failure again
  }
}

/** A cache folder that cannot be written only means asking again next time. */
export function rememberCheck(cacheFolder: string, key: string, reason: string): void {
  const file = path.join(checksFolder(cacheFolder), `${key}.json`)
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(`${file}.${process.pid}`, JSON.stringify({ reason }))
    fs.renameSync(`${file}.${process.pid}`, file)
  } catch {
    fs.rmSync(`${file}.${process.pid}`, { force: true })
  }
}
