// What came with an installed program: the native runtime beside it, and the hashes of the native
// files among its packages. The package.json above the built files says so; a checkout's says
// nothing, and nothing is bundled there.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { StudioError } from '../../preload/contract/errors.ts'

export const nativesFile = 'natives.json'

const Description = z.object({ bundledRuntime: z.string().optional() })
const Natives = z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/))

/**
 * The packed program's folder: built files lie in out/main below it. Undefined when run from
 * source.
 */
function programFolder(): string | undefined {
  return import.meta.filename.endsWith('.ts') ? undefined : resolve(import.meta.dirname, '../..')
}

/** The folder of the runtime that came with the program; undefined where none did. */
export function bundledRuntime(program: string | undefined = programFolder()): string | undefined {
  if (program === undefined) return undefined
  const { bundledRuntime: folder } = Description.parse(
    JSON.parse(readFileSync(join(program, 'package.json'), 'utf8')),
  )
  // an archive's folder is a file to everybody but Electron, but what lies beside the archive is a
  // folder to all
  return folder === undefined ? undefined : resolve(program, folder)
}

/**
 * Compares the native files of a package with the hashes taken when the program was packed. Throws
 * `internal`, naming the file. Run from source, where npm has checked what it installed, there is
 * nothing to compare.
 */
export function checkNatives(
  packageName: string,
  program: string | undefined = programFolder(),
): void {
  if (program === undefined || bundledRuntime(program) === undefined) return
  const natives = Natives.parse(JSON.parse(readFileSync(join(program, nativesFile), 'utf8')))
  const own = Object.entries(natives).filter(([name]) =>
    name.startsWith(`node_modules/${packageName}/`),
  )
  for (const [name, expected] of own) {
    const found = createHash('sha256')
      .update(readFileSync(join(program, name)))
      .digest('hex')
    if (found === expected) continue
    throw new StudioError(
      'internal',
      `Expected ${name} with sha256 ${expected.slice(0, 16)}..., found ${found.slice(0, 16)}.... Install Latent Studio again.`,
      { reason: 'hash-mismatch', file: name },
    )
  }
}

/**
 * A path inside Electron's archive as other programs (a compiler) see it: such files are unpacked
 * beside the archive.
 */
export function outsideArchive(path: string): string {
  return path.replace(/([\\/])app\.asar(?=[\\/])/, '$1app.asar.unpacked')
}
