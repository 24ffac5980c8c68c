// The throw-away process: `node check.ts RUNG CACHE_FOLDER` loads the rung, asks it the known answer's questions
// and prints one line of JSON, {ok, reason}.
import { rungs } from '../../preload/contract/runConfig.ts'
import { activateRung } from './index.ts'
import { checkHere } from './trial.ts'

const [wanted, cacheFolder] = process.argv.slice(2)
const rung = rungs.find((name) => name === wanted)
if (rung === undefined || cacheFolder === undefined) throw new Error('usage: check.ts RUNG CACHE_FOLDER')
const outcome = await checkHere(() => activateRung(rung, { cacheFolder }))
process.stdout.write(`${JSON.stringify(outcome)}\n`)
