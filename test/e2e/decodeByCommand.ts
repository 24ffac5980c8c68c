// What `latent decode` gives for points of a run: the values that pictures of the page are held
// against.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { npyBytes, readNpy } from '../../main/files/npy.ts'

const launcher = resolve(import.meta.dirname, '../../apps/launch.mjs')

/** The pixels of every point, 0 to 1. */
export async function decodeByCommand(
  dataFolder: string,
  run: string,
  points: readonly number[][],
): Promise<ArrayLike<number>> {
  const folder = mkdtempSync(join(tmpdir(), 'latent-decode-'))
  const [input, out] = [join(folder, 'z.npy'), join(folder, 'x.npy')]
  const shape = [points.length, points[0]!.length]
  writeFileSync(input, npyBytes(Float32Array.from(points.flat()), shape))
  const files = ['--input', input, '--out', out, '--data', dataFolder]
  await promisify(execFile)(process.execPath, [launcher, 'decode', run, ...files])
  const { values } = readNpy(out)
  rmSync(folder, { recursive: true })
  return values
}
