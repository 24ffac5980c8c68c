// Writes checkpoint files behind the training loop: state is read at once, the disk is waited for elsewhere. The best
// state is held in memory and written no more often than the others, always before them, so no later file outlives it.
import { webcrypto } from 'node:crypto'
import { join } from 'node:path'
import { StudioError } from '../../preload/contract/errors.ts'
import type { CheckpointReason } from '../../preload/contract/records.ts'
import { encodeCheckpoint } from '../engine/checkpoint.ts'
import type { Progress } from '../engine/train.ts'
import type { TrainingState } from '../engine/weights.ts'
import { writeAtomic } from '../files/atomic.ts'
import { fileReason } from '../files/reason.ts'
import type { Prepared } from './preparation.ts'

export interface WrittenCheckpoint {
  step: number
  reason: CheckpointReason
  file: string
  sha256: string
  bytes: number
  validationTotal: number | null
}

const LEAST_INTERVAL_MILLISECONDS = 5_000
const MOST_INTERVAL_MILLISECONDS = 30_000
/** Training may be held up by checkpoints for at most one part in so many: a quarter of the hundredth that storing may take. */
const SHARE = 400

type Pending = { step: number; reason: CheckpointReason; bytes: Uint8Array; validationTotal: number | null }

export function checkpointWriter(
  folder: string,
  prepared: Pick<Prepared, 'meta'>,
  written: (checkpoint: WrittenCheckpoint) => void,
) {
  let queue: Promise<void> = Promise.resolve()
  let failure: unknown = null
  let best: Pending | null = null
  let lastStep = -1
  let lastWrite = performance.now()
  let cost = 0 // milliseconds for which the loop was held up by the last one

  const enqueue = (pending: Pending) => {
    lastWrite = performance.now()
    queue = queue.then(async () => {
      const file = `step-${String(pending.step).padStart(9, '0')}-${pending.reason}.safetensors`
      await writeAtomic(join(folder, file), pending.bytes).catch((error: unknown) => {
        throw unwritable(folder, pending.step, error)
      })
      // in another thread: hashed here, megabytes would hold the loop up
      const sha256 = Buffer.from(await webcrypto.subtle.digest('SHA-256', pending.bytes)).toString('hex')
      written({
        step: pending.step,
        reason: pending.reason,
        file,
        sha256,
        bytes: pending.bytes.length,
        validationTotal: pending.validationTotal,
      })
    })
    queue.catch((error: unknown) => (failure ??= error)) // told by whoever awaits the queue, or by throwIfFailed
  }
  const flushBest = () => {
    if (best) enqueue(best)
    best = null
  }
  // what fails here is told as what fails on the disk: not everybody awaits
  const encoded = (read: () => TrainingState, progress: Progress): Uint8Array => {
    try {
      return encodeCheckpoint({ ...prepared.meta, progress: { ...progress } }, read())
    } catch (error) {
      failure ??= error
      throw error
    }
  }
  const interval = () => Math.min(MOST_INTERVAL_MILLISECONDS, Math.max(LEAST_INTERVAL_MILLISECONDS, SHARE * cost))

  return {
    /**
     * Resolves when the file is on disk, except for `best`, which may wait. A step already written is not read again.
     * `read` is called at once or never; the time that it takes counts as held up.
     */
    async write(read: () => TrainingState, progress: Progress, reason: CheckpointReason): Promise<void> {
      if (progress.step === lastStep && reason !== 'best') return queue
      const before = performance.now()
      const bytes = encoded(read, progress)
      const pending = { step: progress.step, reason, bytes, validationTotal: progress.lastTotal }
      if (reason === 'best') best = pending
      cost = performance.now() - before
      if (reason === 'best' && performance.now() - lastWrite < interval()) return
      const same = best !== null && best !== pending && best.step === pending.step
      flushBest()
      lastStep = pending.step
      if (reason !== 'best' && !same) enqueue(pending)
      return queue
    },
    /** Throws what kept a checkpoint that nobody awaited from being read or written. */
    throwIfFailed(): void {
      if (failure !== null) throw failure
    },
    due: () => performance.now() - lastWrite > interval(),
    /** Everything written, the best too. */
    async settled(): Promise<void> {
      flushBest()
      await queue
    },
  }
}

function unwritable(folder: string, step: number, thrown: unknown): StudioError {
  const code = (thrown as NodeJS.ErrnoException).code ?? String(thrown)
  return new StudioError(
    'store-failed',
    `Expected to write the checkpoint of step ${step} in ${folder}, found ${fileReason(thrown)}. Free some space or allow writing there, then resume: the run goes on from the checkpoint before.`,
    { step, code },
  )
}
