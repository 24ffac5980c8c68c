// A program that writes to a store as fast as it can and says, one line each, what the store has
// acknowledged. It is meant to be killed at any moment. A planted mistake in its order ("early":
// says it before it is stored; "row-first": the checkpoint's row before its file) is what the proof
// around it has to notice.
import { mkdirSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { sha256, writeAtomic } from '../../main/files/atomic.ts'
import {
  addCheckpoint,
  removeCheckpoint,
  supersededCheckpoints,
  usableCheckpoints,
} from '../../main/store/checkpointRows.ts'
import { addEvent } from '../../main/store/events.ts'
import { addFrame } from '../../main/store/frameRows.ts'
import { appendMetrics, lastMetricStep, rewindMetrics } from '../../main/store/metrics.ts'
import { openStore, runFolder } from '../../main/store/open.ts'
import { recover } from '../../main/store/recover.ts'
import { insertRun, readRun, updateRun } from '../../main/store/runs.ts'
import { randomFrom } from './random.ts'
import { sampleRun, seriesFrom } from './sample-run.ts'

const [dataFolder = '', seed = '0', plant = ''] = process.argv.slice(2)
const id = 'killed'
const random = randomFrom(Number(seed))
// Synchronous: a line that was said has left this process.
const say = (line: string) => void writeSync(1, `${line}\n`)

const store = openStore(dataFolder)
recover(store)
if (!readRun(store, id)) insertRun(store, sampleRun({ id }))
updateRun(store, id, { status: 'running' })
mkdirSync(runFolder(store, id), { recursive: true })
say(`open ${lastMetricStep(store, id)}`)

function append(): void {
  const last = lastMetricStep(store, id)
  const count = 1 + Math.floor(random() * 20)
  if (plant === 'early') say(`step ${last + count}`)
  appendMetrics(store, id, last + 1, seriesFrom(last + 1, count))
  if (plant !== 'early') say(`step ${last + count}`)
}

async function checkpoint(): Promise<void> {
  const step = lastMetricStep(store, id)
  const file = `step-${step}.safetensors`
  const bytes = Buffer.alloc(200_000, `weights of step ${step};`)
  const row = () =>
    addCheckpoint(store, {
      run: id,
      step,
      reason: 'interval',
      file,
      sha256: sha256(bytes),
      bytes: bytes.length,
      createdAt: Date.now(),
      backend: 'js',
      mode: 'eager',
      validationTotal: null,
      usable: true,
    })
  if (plant === 'row-first') row()
  await writeAtomic(join(runFolder(store, id), file), bytes)
  row()
  say(`checkpoint ${step}`)
  for (const old of supersededCheckpoints(store, id)) removeCheckpoint(store, old)
}

function rewind(): void {
  const step = usableCheckpoints(store, id)[0]?.step ?? 0
  say(`rewinding ${step}`)
  rewindMetrics(store, id, step)
  say(`rewound ${step}`)
}

for (;;) {
  const what = random()
  if (what < 0.9) append()
  else if (what < 0.96) await checkpoint()
  else if (what < 0.97) rewind()
  else if (what < 0.985)
    addFrame(store, id, {
      step: lastMetricStep(store, id),
      grid: 1,
      tileWidth: 100,
      tileHeight: 100,
      reconstructions: 0,
      pixels: new Uint8Array(10_000),
    })
  else
    say(
      `event ${addEvent(store, { run: id, at: Date.now(), step: 0, kind: 'note', text: 'kept' }).id}`,
    )
}
