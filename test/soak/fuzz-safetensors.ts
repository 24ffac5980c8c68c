// Damaged safetensors files by the thousand: each is refused with a reason or read whole, none
// crashes, none takes more than a second. `npm run soak -- fuzz-safetensors [FILES] [SEED]`; half
// of them are read as weights, a quarter as checkpoints to resume from, a quarter as models to
// export.
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { decodeCheckpoint, readSafetensors } from '../../main/engine/checkpoint.ts'
import { modelOf } from '../../main/exporters/exportedModel.ts'
import { safetensorsBytes } from '../../main/exporters/safetensors.ts'
import { cases, checkpointBytes, exported, sourceOf } from '../exporters/exported.ts'
import { fuzz, type FuzzFigures } from '../exporters/mutations.ts'

interface Work {
  role: 'fuzz-safetensors'
  files: number
  seed: number
  /** Number of the file that is being read, for whoever waits. */
  progress: SharedArrayBuffer
}

const which = cases['odd sides, colours, stride-2 output']!

function fuzzAll({ files, seed, progress }: Work): FuzzFigures[] {
  const count = new Int32Array(progress)
  const begin = () => void Atomics.add(count, 0, 1)
  const weights = safetensorsBytes(exported(which, 'model'))
  const checkpoint = checkpointBytes(which)
  const [half, quarter] = [Math.ceil(files / 2), Math.floor(files / 4)]
  return [
    fuzz(weights, (bytes) => readSafetensors(bytes).tensors, 'all tensors', half, seed, begin),
    fuzz(
      checkpoint,
      (bytes) => decodeCheckpoint(bytes).state.parameters,
      'some tensors',
      quarter,
      seed + 1,
      begin,
    ),
    fuzz(
      checkpoint,
      (bytes) => modelOf(bytes, sourceOf(which, bytes), 'model').parameters,
      'some tensors',
      files - half - quarter,
      seed + 2,
      begin,
    ),
  ]
}

// A reader that never returns cannot be stopped from within: it runs in a thread, and this one
// watches it get on.
async function watched(files: number, seed: number): Promise<FuzzFigures[]> {
  const progress = new SharedArrayBuffer(4)
  const count = new Int32Array(progress)
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { role: 'fuzz-safetensors', files, seed, progress } satisfies Work,
  })
  let [before, since] = [0, Infinity] // the first file begins after the thread has loaded
  return new Promise<FuzzFigures[]>((resolve, reject) => {
    const watch = setInterval(() => {
      const now = Atomics.load(count, 0)
      if (now !== before) [before, since] = [now, performance.now()]
      // ten times the limit that each file is held to: this is for those that never end
      if (performance.now() - since < 10_000) return
      clearInterval(watch)
      void worker.terminate()
      reject(new Error(`seed ${seed}, file ${before} of all: no end after 10 s`))
    }, 250)
    worker.on('message', resolve)
    worker.on('error', reject)
    worker.on('exit', () => clearInterval(watch))
  })
}

export async function run(args: string[]): Promise<void> {
  const files = Number(args[0] ?? 10_000)
  const seed = Number(args[1] ?? Date.now() % 2 ** 20)
  if (!Number.isInteger(files) || files < 4 || !Number.isInteger(seed))
    throw new Error(`expected [FILES] [SEED], found ${args.join(' ')}`)
  console.log(`fuzz-safetensors: seed ${seed}, ${files} files`)
  const parts = await watched(files, seed)
  for (const [index, { files: read, accepted, refused, slowest }] of parts.entries()) {
    const name = ['weights', 'checkpoints to resume from', 'models to export'][index]!
    console.log(
      `${name}: ${read} files, ${accepted} whole, refused ${JSON.stringify(refused)}, slowest ${slowest.toFixed(1)} ms`,
    )
  }
  console.log(
    `0 crashes, 0 over a second in ${parts.reduce((sum, part) => sum + part.files, 0)} files`,
  )
}

const work = workerData as Work | null
if (!isMainThread && work?.role === 'fuzz-safetensors') {
  const { parentPort } = await import('node:worker_threads')
  parentPort!.postMessage(fuzzAll(work))
}
