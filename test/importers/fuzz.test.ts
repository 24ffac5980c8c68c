// 250 of the damaged files of `npm run soak -- fuzz-latent`; and proof that the harness catches
// what it should.
import { readFileSync } from 'node:fs'
import { unzipSync } from 'fflate'
import { expect, it } from 'vitest'
import { temporaryFolder, temporaryStore } from '../store/sample.ts'
import { fuzzLatent, readWhole } from './latentMutations.ts'
import { archiveOf, storeRun } from './storedRun.ts'

it('damaged .latent files are refused with a reason, none crashes', async () => {
  const store = temporaryStore()
  storeRun(store)
  const figures = await fuzzLatent(archiveOf(store), temporaryFolder(), readWhole, 250, 1)
  expect(figures.files).toBe(250)
  expect(figures.refused['bad-input']).toBeGreaterThan(125)
  expect(figures.accepted).toBeGreaterThan(5)
})

it('a reader that trusts the file is caught', async () => {
  const store = temporaryStore()
  storeRun(store)
  const trusting = (path: string) => {
    const entries = unzipSync(readFileSync(path))
    JSON.parse(Buffer.from(entries['manifest.json']!).toString())
    return Promise.resolve()
  }
  await expect(fuzzLatent(archiveOf(store), temporaryFolder(), trusting, 250, 1)).rejects.toThrow(
    /seed 1, file \d+/,
  )
})
