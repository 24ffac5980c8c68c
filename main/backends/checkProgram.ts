// The throw-away process: `node checkProgram.ts RUNG CACHE_FOLDER` loads the rung, asks it the
// known answer's questions and prints one line of JSON, {ok, reason}. As a utility process it sends
// that to its parent and ends.
import { rungs } from '../../preload/contract/runConfig.ts'
import { activateRung } from './index.ts'
import { checkHere } from './trial.ts'

const [wanted, cacheFolder] = process.argv.slice(2)
const rung = rungs.find((name) => name === wanted)
if (rung === undefined || cacheFolder === undefined)
  throw new Error('usage: check.ts RUNG CACHE_FOLDER')
const outcome = await checkHere(() => activateRung(rung, { cacheFolder }))
const { parentPort } = process as unknown as {
  parentPort?: { postMessage(message: unknown): void }
}
if (parentPort) {
  parentPort.postMessage(outcome)
  // a moment lets the message leave
  setTimeout(() => process.exit(0), 50)
} else process.stdout.write(`${JSON.stringify(outcome)}\n`)
