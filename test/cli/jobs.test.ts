// Commands that are jobs: as the owner and as the client of one, the result is printed and the list
// stays empty; Ctrl-C cancels, leaving nothing.
import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { listJobs } from '../../main/store/jobRows.ts'
import { openStore } from '../../main/store/open.ts'
import { storeHeavyRun } from '../service/heavyRun.ts'
import { serving } from '../service/served.ts'
import { document, start, temporaryHome } from './latent.ts'

let place: ReturnType<typeof temporaryHome>
let data: string
let out: string
beforeEach(() => {
  place = temporaryHome()
  data = place.environment['LATENT_STUDIO_HOME']!
  out = join(place.home, 'out')
  for (const folder of [data, out]) mkdirSync(folder)
  storeHeavyRun(data)
})
afterEach(() => place.remove())

const jobsLeft = () => {
  const store = openStore(data)
  const jobs = listJobs(store)
  store.close()
  return jobs
}

test('a job of a command is out of the list once its result was printed', async () => {
  const path = join(out, 'heavy.latent')
  const report = await document(['export', 'heavy', '--out', path], place.environment)
  expect(report).toMatchObject({ format: 'latent', path, bytes: statSync(path).size })
  expect(jobsLeft()).toEqual([])
})

test('Ctrl-C cancels the job, also in the program that owns the folder', async () => {
  const args = ['export', 'heavy', '--out', join(out, 'heavy.latent')]
  const interrupted = async () => {
    const { child, finished } = start(args, place.environment)
    await new Promise<void>((seen) =>
      child.stderr!.on('data', (text: string) =>
        /checkpoints|Writing/.test(text) ? seen() : undefined,
      ),
    )
    child.kill('SIGINT')
    const { code, stderr } = await finished
    expect(stderr).toMatch(
      /latent: Export heavy as a whole run: cancelled, nothing was changed\.\n$/,
    )
    expect(code).toBe(130)
    expect(readdirSync(out)).toEqual([])
  }
  await interrupted()
  expect(jobsLeft()).toEqual([])
  const server = await serving(data)
  try {
    await interrupted()
    const connection = server.connect()
    expect(await connection.client.jobs.list()).toEqual([])
    connection.close()
  } finally {
    server.child.kill('SIGTERM')
    await server.ended
  }
}, 60_000)
