// A stored run whose whole file takes long to write: its checkpoints are large, mostly nothing, and
// lie sparse on the disk.
import { createHash } from 'node:crypto'
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { addCheckpoint } from '../../main/store/checkpointRows.ts'
import { openStore, runFolder } from '../../main/store/open.ts'
import { insertRun } from '../../main/store/runs.ts'
import type { Client } from '../../preload/contract/client.ts'
import { sampleRun } from '../store/sample-run.ts'
import type { Scripted } from './scriptedStudio.ts'

const megabytes = 96

/** A studio opened anew on the heavy run; the client of it. */
export async function withHeavyRun(scripted: Scripted): Promise<Client> {
  await scripted.studio.close()
  storeHeavyRun(scripted.folder)
  await scripted.reopen()
  return scripted.client
}

/** The question for a job that writes the heavy run's file into a folder. */
export function heavyExportTo(folder: string, name = 'heavy.latent') {
  return { kind: 'export', run: 'heavy', format: 'latent', path: join(folder, name) } as const
}

/** Puts the run "heavy" into the store of a folder that nobody owns. */
export function storeHeavyRun(folder: string): void {
  const store = openStore(folder)
  insertRun(
    store,
    sampleRun({
      id: 'heavyheavy',
      name: 'heavy',
      status: 'stopped',
      step: 40,
      startedAt: 1,
      endedAt: 2,
    }),
  )
  mkdirSync(runFolder(store, 'heavyheavy'), { recursive: true })
  for (const step of [20, 40]) {
    const file = `step-${step}-stop.safetensors`
    const path = join(runFolder(store, 'heavyheavy'), file)
    writeFileSync(path, '')
    truncateSync(path, megabytes * 2 ** 20)
    const hash = createHash('sha256')
    for (let done = 0; done < megabytes; done += 1) hash.update(Buffer.alloc(2 ** 20))
    addCheckpoint(store, {
      ...{
        run: 'heavyheavy',
        step,
        reason: 'stop',
        file,
        sha256: hash.digest('hex'),
        bytes: megabytes * 2 ** 20,
      },
      ...{ createdAt: step, backend: 'js', mode: 'eager', validationTotal: null, usable: true },
    })
  }
  store.close()
}
