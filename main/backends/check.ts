// The throw-away process: `node check.ts RUNG CACHE_FOLDER` loads the rung, asks it the known answer's questions
// and prints one line of JSON, {ok, reason}.
import { fileURLToPath } from 'node:url'
import type { Rung } from '../../preload/contract/settings.ts'
import { rungs } from '../../preload/contract/settings.ts'
import { wrongAnswer } from './answer.ts'
import type { CheckOutcome } from './child.ts'
import { activateRung } from './index.ts'

/** Tries the rung in this very process. */
export async function checkHere(rung: Rung, cacheFolder: string): Promise<CheckOutcome> {
  try {
    const backend = await activateRung(rung, { cacheFolder })
    const wrong = wrongAnswer(backend.native !== null)
    return wrong === null ? { ok: true, reason: backend.detail } : { ok: false, reason: `wrong answer: ${wrong}` }
  } catch (error) {
    return { ok: false, reason: (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '' }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [wanted, cacheFolder] = process.argv.slice(2)
  const rung = rungs.find((name) => name === wanted)
  if (rung === undefined || cacheFolder === undefined) throw new Error('usage: check.ts RUNG CACHE_FOLDER')
  process.stdout.write(`${JSON.stringify(await checkHere(rung, cacheFolder))}\n`)
}
