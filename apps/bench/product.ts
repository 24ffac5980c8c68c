// A whole run as a person starts it, stored, evaluated and framed, in a data folder of its own: how long until the first
// metric, what storing costs, how long people wait between two chunks. Started as `node product.ts PRESET MODE FOLDER`;
// prints one JSON object. The figures are compared with pure step times by bench.ts.
import { defaultCacheFolder } from '../../main/runtime/cache.ts'
import { forkNode } from '../../main/service/launch.ts'
import { createStudio } from '../../main/studio.ts'
import { configFrom } from '../../preload/contract/config.ts'
import type { PresetName } from '../../preload/contract/presets.ts'
import { liveStatuses, type Run } from '../../preload/contract/records.ts'
import type { ProductFigures } from './figures.ts'

const [preset, mode, dataFolder] = process.argv.slice(2) as [PresetName, string, string]
const studio = await createStudio({ dataFolder, cacheFolder: defaultCacheFolder(), fork: forkNode(), shell: 'cli' })
try {
  const client = studio.connect()
  const created = await client.runs.create({ config: { ...configFrom(preset, { mode }) }, preset })
  let firstMetric = 0
  let last = 0
  const gaps: number[] = [] // between two chunks that arrived
  for await (const update of await client.runs.follow({ run: created.id, fromStep: 0 })) {
    if (update.kind === 'metrics') {
      const now = performance.now()
      firstMetric ||= now
      if (last > 0) gaps.push(now - last)
      last = now
    }
    if (update.kind === 'run' && !liveStatuses.includes(update.run.status)) break
  }
  process.stdout.write(`${JSON.stringify(figuresOf(await client.runs.get({ run: created.id }), firstMetric, gaps))}\n`)
} finally {
  await studio.close()
}
process.exit(0)

function figuresOf(run: Run, firstMetric: number, gaps: number[]): ProductFigures {
  const sorted = [...gaps].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return {
    status: run.status,
    mode: run.mode ?? 'eager',
    steps: run.step,
    secondsToFirstMetric: firstMetric / 1000,
    compileSeconds: run.compileSeconds,
    stepSeconds: run.trainSeconds,
    wholeSeconds: ((run.endedAt ?? NaN) - (run.startedAt ?? NaN)) / 1000,
    betweenChunks: { median: at(0.5), p95: at(0.95), count: gaps.length },
  }
}
