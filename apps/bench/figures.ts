// The figures of a whole run beside its pure steps.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export interface Spread {
  median: number
  p95: number
  most: number
  count: number
}

export interface ProductFigures {
  status: string
  mode: string
  steps: number
  /** From the start of the program. */
  secondsToFirstMetric: number
  compileSeconds: number
  /** Spent in training steps, of the whole run. */
  stepSeconds: number
  /**
   * From the first step to the end of the run: steps, metrics, evaluations, frames, checkpoints.
   */
  wholeSeconds: number
  /**
   * What metrics, checkpoints and controls take between the steps of a long run, in parts of the
   * steps' time.
   */
  storingShare: number
  /**
   * Milliseconds from a pause or resume to its answer, and from a point to its picture, while it
   * trains at full speed.
   */
  control: Spread
  decode: Spread
}

/** Trains a preset with everything on, in a folder that is removed afterwards. */
export async function wholeRun(preset: string, mode: string): Promise<ProductFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'latent-bench-'))
  try {
    const program = fileURLToPath(new URL('./product.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [program, preset, mode, folder],
      { maxBuffer: 2 ** 24 },
    )
    return JSON.parse(stdout.trim().split('\n').at(-1)!) as ProductFigures
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
