// The figures of a whole run beside its pure steps.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export interface ProductFigures {
  status: string
  mode: string
  steps: number
  /** From the start of the program. */
  secondsToFirstMetric: number
  compileSeconds: number
  /** Spent in training steps, of the whole run. */
  stepSeconds: number
  /** From the first step to the end of the run: steps, metrics, evaluations, frames, checkpoints. */
  wholeSeconds: number
  /** Milliseconds between two chunks as a follower sees them. */
  betweenChunks: { median: number; p95: number; count: number }
}

/** Trains a preset with everything on, in a folder that is removed afterwards. */
export async function wholeRun(preset: string, mode: string): Promise<ProductFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'latent-bench-'))
  try {
    const program = fileURLToPath(new URL('./product.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, [program, preset, mode, folder], { maxBuffer: 2 ** 24 })
    return JSON.parse(stdout.trim().split('\n').at(-1)!) as ProductFigures
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
