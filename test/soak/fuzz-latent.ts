// Damaged .latent files by the thousand: each is refused with a reason or read whole, none crashes,
// none takes more than a second. `npm run soak -- fuzz-latent [FILES] [SEED]`
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { openStore } from '../../main/store/open.ts'
import { fuzzLatent, readWhole, type LatentFuzz } from '../importers/latentMutations.ts'
import { archiveOf, storeRun } from '../importers/storedRun.ts'

interface Work {
  role: 'fuzz-latent'
  folder: string
  files: number
  seed: number
  /** Number of files begun, for whoever waits. */
  progress: SharedArrayBuffer
}

// A reader that never returns cannot be stopped from within: it runs in a thread, and this one
// watches it get on.
function watched(work: Work): Promise<LatentFuzz> {
  const count = new Int32Array(work.progress)
  const worker = new Worker(new URL(import.meta.url), { workerData: work })
  let [before, since] = [0, Infinity] // the first file begins after the thread has loaded
  return new Promise((resolve, reject) => {
    const watch = setInterval(() => {
      const now = Atomics.load(count, 0)
      if (now !== before) [before, since] = [now, performance.now()]
      // ten times the limit that each file is held to: this is for those that never end
      if (performance.now() - since < 10_000) return
      void worker.terminate()
      reject(new Error(`seed ${work.seed}, file ${before - 1}: no end after 10 s`))
    }, 250)
    worker.on('message', resolve)
    worker.on('error', reject)
    worker.on('exit', () => clearInterval(watch))
  })
}

export async function run(args: string[]): Promise<void> {
  const files = Number(args[0] ?? 10_000)
  const seed = Number(args[1] ?? Date.now() % 2 ** 20)
  if (!Number.isInteger(files) || files < 1 || !Number.isInteger(seed))
    throw new Error(`expected [FILES] [SEED], found ${args.join(' ')}`)
  console.log(`fuzz-latent: seed ${seed}, ${files} files`)
  const folder = mkdtempSync(join(tmpdir(), 'latent-fuzz-'))
  try {
    const figures = await watched({
      role: 'fuzz-latent',
      folder,
      files,
      seed,
      progress: new SharedArrayBuffer(4),
    })
    const { accepted, refused, slowest } = figures
    console.log(
      `${figures.files} files, ${accepted} whole, refused ${JSON.stringify(refused)}, slowest ${slowest.toFixed(1)} ms`,
    )
    console.log(`0 crashes, 0 over a second in ${figures.files} files`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const work = workerData as Work | null
if (!isMainThread && work?.role === 'fuzz-latent') {
  const home = mkdtempSync(join(tmpdir(), 'latent-fuzz-store-'))
  const store = openStore(home)
  storeRun(store)
  const archive = archiveOf(store)
  store.close()
  rmSync(home, { recursive: true })
  const begin = () => void Atomics.add(new Int32Array(work.progress), 0, 1)
  parentPort!.postMessage(
    await fuzzLatent(archive, work.folder, readWhole, work.files, work.seed, begin),
  )
}
