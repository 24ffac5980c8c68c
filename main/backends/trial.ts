// Tries a rung in this very process. In the throw-away child that is all; where no child can be started, a mark on
// disk tells the next process that a try ended this one.
import fs from 'node:fs'
import path from 'node:path'
import { checksFolder } from '../runtime/cache.ts'
import { wrongAnswer } from './answer.ts'
import type { CheckOutcome } from './child.ts'
import type { Backend } from './index.ts'

/** Activates the rung and asks it the known answer's questions; never throws. */
export async function checkHere(activate: () => Promise<Backend>): Promise<CheckOutcome> {
  try {
    const backend = await activate()
    const wrong = wrongAnswer(backend.native !== null)
    return wrong === null ? { ok: true, reason: backend.detail } : { ok: false, reason: `wrong answer: ${wrong}` }
  } catch (error) {
    return { ok: false, reason: (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '' }
  }
}

/** `checkHere` behind a mark: if the process dies in it, the mark stays and later surveys leave the rung. */
export async function checkInPlace(cacheFolder: string, key: string, activate: () => Promise<Backend>): Promise<CheckOutcome> {
  const mark = path.join(checksFolder(cacheFolder), `${key}.trying`)
  if (fs.existsSync(mark))
    return { ok: false, reason: `the library ended the process that last tried it (remove ${path.basename(mark)} to try again)` }
  fs.mkdirSync(path.dirname(mark), { recursive: true })
  fs.writeFileSync(mark, String(process.pid))
  try {
    return await checkHere(activate)
  } finally {
    fs.rmSync(mark, { force: true })
  }
}
