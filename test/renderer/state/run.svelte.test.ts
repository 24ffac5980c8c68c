// The state of one run's page over a real studio: the whole series however many requests it takes,
// what is told while it trains.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { appendMetrics } from '../../../main/store/metrics.ts'
import { openStore } from '../../../main/store/open.ts'
import { RunState } from '../../../renderer/state/run.svelte.ts'
import { scriptedStudio, startScript, type Scripted } from '../../service/scriptedStudio.ts'
import { scripts } from '../../service/scriptedHost.ts'
import { storedRun } from '../../store/sample.ts'
import { connectPage } from '../page.ts'

const long = 70_000 // steps; the page asks for 32,000 at a time
const values = Float32Array.from({ length: long }, (_, i) => 100 + Math.sin(i / 50))
const folder = mkdtempSync(join(tmpdir(), 'latent-page-test-'))

let scripted: Scripted
let longRun: string
beforeAll(async () => {
  const store = openStore(folder)
  longRun = storedRun(store, { status: 'finished', step: long, totalSteps: long }).id
  appendMetrics(store, longRun, 1, { reconstruction: values, kl: values, objective: values })
  store.close()
  scripted = await scriptedStudio({ dataFolder: folder })
  await connectPage(scripted.studio)
})
afterAll(async () => {
  await scripted.end()
  rmSync(folder, { recursive: true, force: true })
})

const eventually = (good: () => boolean) => expect.poll(good, { timeout: 60_000 }).toBe(true)

it('has every step of a run that takes three requests', async () => {
  const state = new RunState(longRun)
  try {
    await eventually(() => state.loaded)
    expect(state.series.length).toBe(long)
    expect(state.series.column('reconstruction')).toEqual(values)
  } finally {
    state.close()
  }
})

it('follows a run that trains to its end, and misses no step', async () => {
  const { id } = await startScript(scripted.client, scripts.wellBehaved, 3000)
  const state = new RunState(id)
  try {
    await eventually(() => state.run?.status === 'finished' && state.series.length === 3000)
    const kl = state.series.column('kl')
    expect(kl.findIndex((value) => Number.isNaN(value))).toBe(-1)
    expect(state.problem).toBeNull()
  } finally {
    state.close()
  }
})

it('says what is wrong with a run that is not there', async () => {
  const state = new RunState('nothing')
  try {
    await eventually(() => state.problem !== null)
    expect(state.problem?.code).toBe('not-found')
    expect(state.run).toBeNull()
  } finally {
    state.close()
  }
})
