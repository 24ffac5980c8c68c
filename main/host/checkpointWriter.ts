// Writes checkpoint files and the weights of frames behind the training loop: state is read at
// once, the disk is waited for elsewhere. The best state is held in memory and written no more
// often than the other checkpoints, always before them, so no later file outlives it.
import { randomBytes, webcrypto } from 'node:crypto'
import { join } from 'node:path'
import { StudioError } from '../../preload/contract/errors.ts'
import type { CheckpointReason, StoredReason } from '../../preload/contract/records.ts'
import { encodeCheckpoint, type Precision } from '../engine/checkpoint.ts'
import type { Progress } from '../engine/train.ts'
import type { NamedArrays, TrainingState } from '../engine/modelState.ts'
import { writeAtomic } from '../files/atomic.ts'
import { fileReason } from '../files/reason.ts'
import { precisionFor } from './frameWeights.ts'
import type { Prepared } from './preparation.ts'

export interface WrittenCheckpoint {
  step: number
  reason: StoredReason
  file: string
  sha256: string
  bytes: number
  validationTotal: number | null
}

const LEAST_INTERVAL_MILLISECONDS = 5_000
const MOST_INTERVAL_MILLISECONDS = 30_000
/**
 * Training may be held up by checkpoints for at most one part in so many: a quarter of the
 * hundredth that storing may take.
 */
const SHARE = 400

interface Pending {
  step: number
  reason: StoredReason
  bytes: Uint8Array
  validationTotal: number | null
}

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
  // main removes the frames that a resume replays while this process may already write them again,
  // under other names
  const session = randomBytes(3).toString('hex')

  const enqueue = (pending: Pending) => {
    queue = queue.then(async () => {
      const kind = pending.reason === 'frame' ? `frame-${session}` : pending.reason
      const file = `step-${String(pending.step).padStart(9, '0')}-${kind}.safetensors`
      await writeAtomic(join(folder, file), pending.bytes).catch((error: unknown) => {
        throw unwritable(folder, pending.step, error)
      })
      // in another thread: hashed here, megabytes would hold the loop up
      const sha256 = Buffer.from(await webcrypto.subtle.digest('SHA-256', pending.bytes)).toString(
        'hex',
      )
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
  const enqueueCheckpoint = (pending: Pending) => {
    lastWrite = performance.now()
    enqueue(pending)
  }
  const flushBest = () => {
    if (best) enqueueCheckpoint(best)
    best = null
  }
  // what fails here is told as what fails on the disk: not everybody awaits
  const encoded = (
    read: () => TrainingState,
    progress: Progress,
    precision: Precision = 'F32',
  ): Uint8Array => {
    try {
      return encodeCheckpoint({ ...prepared.meta, progress: { ...progress } }, read(), precision)
    } catch (error) {
      failure ??= error
      throw error
    }
  }
  const interval = () =>
    Math.min(MOST_INTERVAL_MILLISECONDS, Math.max(LEAST_INTERVAL_MILLISECONDS, SHARE * cost))

  return {
    /**
     * Resolves when the file is on disk, except for `best`, which may wait. A step already written
     * is not read again. `read` is called at once or never; the time that it takes counts as held
     * up.
     */
    async write(
      read: () => TrainingState,
      progress: Progress,
      reason: CheckpointReason,
    ): Promise<void> {
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
      if (reason !== 'best' && !same) enqueueCheckpoint(pending)
      return queue
    },
    /**
     * Keeps the weights of a frame in at least this precision; weights that aren't numbers are left
     * out.
     */
    writeFrame(parameters: NamedArrays, progress: Progress, wanted: Precision): void {
      const precision = precisionFor(parameters, wanted)
      if (precision === null) return
      const bytes = encoded(() => ({ parameters, slots: {} }), progress, precision)
      enqueue({ step: progress.step, reason: 'frame', bytes, validationTotal: null })
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
    `Expected to write the checkpoint of step ${step} in ${folder}, found ${fileReason(thrown)}. Free some space or allow writing there, then resume: the run continues from the checkpoint before.`,
    { step, code },
  )
}
