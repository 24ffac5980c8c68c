// Tries a rung in this very process. In the throw-away child that is all; where no child can be
// started, a mark on disk tells the next process that a try ended this one.
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import * as tf from '../engine/tf.ts'
import { checksFolder } from '../runtime/cache.ts'
import { wrongAnswer } from './answer.ts'
import type { CheckOutcome } from './child.ts'
import type { Backend } from './backend.ts'

/** Activates the rung and asks it the known answer's questions; never throws. */
export async function checkHere(activate: () => Promise<Backend>): Promise<CheckOutcome> {
  try {
    const backend = await activate()
    const wrong = wrongAnswer(backend.native !== null)
    return wrong === null
      ? { ok: true, reason: backend.detail }
      : { ok: false, reason: `wrong answer: ${wrong}` }
  } catch (error) {
    return {
      ok: false,
      reason: (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '',
    }
  }
}

/** Milliseconds to wait for another process that tries the same rung. */
const patience = 60_000
let turn: Promise<unknown> = Promise.resolve()

/**
 * `checkHere` behind a mark: if the process dies in it, the mark stays and later surveys leave the
 * rung. One at a time, because tfjs has one backend in a process; afterwards that is the one it
 * was.
 */
export function checkInPlace(
  cacheFolder: string,
  key: string,
  activate: () => Promise<Backend>,
): Promise<CheckOutcome> {
  const mark = path.join(checksFolder(cacheFolder), `${key}.trying`)
  const outcome = turn.then(() => checkMarked(mark, activate))
  turn = outcome.catch(() => undefined)
  return outcome
}

async function checkMarked(mark: string, activate: () => Promise<Backend>): Promise<CheckOutcome> {
  for (
    const start = performance.now();
    markedByLiving(mark) && performance.now() - start < patience;
  )
    await wait(100)
  if (fs.existsSync(mark))
    return {
      ok: false,
      reason: `the library crashed the process that tried it last (remove ${path.basename(mark)} to try again)`,
    }
  fs.mkdirSync(path.dirname(mark), { recursive: true })
  fs.writeFileSync(mark, String(process.pid))
  const before = tf.getBackend()
  try {
    return await checkHere(activate)
  } finally {
    fs.rmSync(mark, { force: true })
    if (before) await tf.setBackend(before)
  }
}

// Another process is in the middle of its try. A mark of our own number is one that an earlier
// process left.
function markedByLiving(mark: string): boolean {
  try {
    const pid = Number(fs.readFileSync(mark, 'utf8'))
    return pid > 0 && pid !== process.pid && process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
