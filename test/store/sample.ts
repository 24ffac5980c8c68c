// Runs, checkpoints and folders for the tests of the store: real files in a folder that goes after
// each test.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openStore, type Store } from '../../main/store/open.ts'
import { insertRun } from '../../main/store/runs.ts'
import type { Run } from '../../preload/contract/records.ts'
import { sampleRun } from './sample-run.ts'

/** A folder of its own for this test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'latent-store-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** An open store in a folder of its own, closed after the test. */
export function temporaryStore(): Store {
  const store = openStore(temporaryFolder())
  onTestFinished(() => store.close())
  return store
}

/** A stored run; `changes` replace its fields. */
export function storedRun(store: Store, changes: Partial<Run> = {}): Run {
  const run = sampleRun(changes)
  insertRun(store, run)
  return run
}
