// Our side as a contestant: one work in one mode on one rung, whole steps as a run makes them.
// Started as `node ours.ts WORK MODE RUNG`; speaks the lines of contestant.ts.
import { createInterface } from 'node:readline'
import { activateRung } from '../../main/backends/index.ts'
import { chooseProgram } from '../../main/compile/modeChoice.ts'
import { openDataset } from '../../main/datasets/index.ts'
import { planRun } from '../../main/engine/plan.ts'
import type { TrainingProgram } from '../../main/engine/trainingProgram.ts'
import { initialState } from '../../main/engine/modelState.ts'
import { defaultCacheFolder } from '../../main/runtime/cache.ts'
import type { Mode, Rung } from '../../preload/contract/runConfig.ts'
import { workNamed, type WorkName } from './works.ts'

const [workName, mode, rung] = process.argv.slice(2) as [WorkName, Mode, Rung]
const { config } = workNamed(workName)
const cacheFolder = defaultCacheFolder()
const backend = await activateRung(rung, { cacheFolder })
const { info, split } = await openDataset(config.dataset)
const image = { height: info.height, width: info.width, channels: info.channels }
const plan = planRun({ ...config, lengthUnit: 'epochs', length: 1000 }, image, split('train')) // longer than anybody waits
const { program, compileSeconds, note } = chooseProgram(plan, initialState(plan.config, image), {
  backend,
  mode,
  cacheFolder,
  stage: () => undefined,
})
if (program.mode !== mode)
  throw new Error(`expected the mode ${mode}, found ${program.mode}: ${note}`)

let step = 0
trained(program, 3, 1) // what the first steps cost, such as memory, is not the steps' speed
say({
  ready: {
    versions: {
      node: process.versions.node,
      [backend.name]: backend.version,
      threads: backend.threads,
    },
    seconds: performance.now() / 1000,
    compileSeconds,
  },
})

for await (const line of createInterface({ input: process.stdin })) {
  const [, steps, every] = line.split(' ').map(Number) as [number, number, number]
  const before = performance.now()
  const metrics = trained(program, steps, every)
  const milliseconds = performance.now() - before
  say({ milliseconds, metrics, residentBytes: process.resourceUsage().maxRSS * 1024 })
}
process.exit(0)

/** -> means over the last reading: reconstruction, kl, objective. */
function trained(of: TrainingProgram, steps: number, every: number): number[] {
  let rows = new Float32Array(3)
  for (let done = 0; done < steps; done += every) {
    const count = Math.min(every, steps - done)
    rows = of.run(step + 1, count) as Float32Array<ArrayBuffer>
    step += count
  }
  const count = rows.length / 3
  return [0, 1, 2].map(
    (column) =>
      rows.filter((_, index) => index % 3 === column).reduce((sum, value) => sum + value, 0) /
      count,
  )
}

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}
