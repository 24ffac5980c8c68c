// A run's record with every field filled, for tests and proofs of the store (no test framework in
// here).
import { newRunId } from '../../main/store/runs.ts'
import { configFrom } from '../../preload/contract/config.ts'
import type { Run } from '../../preload/contract/records.ts'

export function sampleRun(changes: Partial<Run> = {}): Run {
  return {
    id: newRunId(),
    name: 'tutorial 1',
    model: 'vae',
    status: 'running',
    statusReason: '',
    config: configFrom('tutorial'),
    preset: 'tutorial',
    step: 0,
    totalSteps: 5000,
    stepsPerEpoch: 3437,
    parameterCount: 169_488,
    createdAt: 1_750_000_000_000,
    startedAt: null,
    endedAt: null,
    trainSeconds: 0,
    compileSeconds: 0.5,
    imagesPerSecond: 0,
    backend: 'wasm',
    mode: 'eager',
    threads: 2,
    backendVersion: 'tfjs 4.22.0',
    datasetHash: 'ab'.repeat(32),
    last: null,
    lastValidation: null,
    bestValidation: null,
    colour: 0,
    notes: '',
    deletedAt: null,
    ...changes,
  }
}

/** The value of one column at a step: any float32, the same in every process. */
export function valueAt(column: number, step: number, salt = 0): number {
  const mixed =
    Math.imul(Math.imul(step + 1, 2_654_435_761) ^ (column * 97 + salt * 131), 2_246_822_519) >>> 0
  return Math.fround(mixed / 2 ** 24 - 100)
}

/** The three columns over [firstStep, firstStep + count). */
export function seriesFrom(
  firstStep: number,
  count: number,
  salt = 0,
): { reconstruction: Float32Array; kl: Float32Array; objective: Float32Array } {
  const column = (index: number) =>
    Float32Array.from({ length: count }, (_, offset) => valueAt(index, firstStep + offset, salt))
  return { reconstruction: column(0), kl: column(1), objective: column(2) }
}
