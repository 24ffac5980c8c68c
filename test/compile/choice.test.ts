// The tuned mode is remembered where that is possible; a note that cannot be read or written never
// keeps a run from starting.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Backend } from '../../main/backends/backend.ts'
import { activateRung } from '../../main/backends/index.ts'
import { chooseProgram } from '../../main/compile/modeChoice.ts'
import { initialState } from '../../main/engine/modelState.ts'
import { defaultCacheFolder } from '../../main/runtime/cache.ts'
import { smallConfig, smallPlan, smallShape } from '../engine/smallRun.ts'
import { compiledModes } from './native.ts'
import { withRuntime } from '../kit/needing.ts'

// so many steps that tuning pays
const config = smallConfig(null, { encoderLayers: [], decoderLayers: [], length: 10_000_000 })
const plan = smallPlan(config)
const state = initialState(config, smallShape)

withRuntime.describe('the tuned mode', () => {
  let backend: Backend
  let folder: string
  beforeAll(async () => {
    backend = await activateRung('tensorflow', { cacheFolder: defaultCacheFolder() })
    folder = mkdtempSync(join(tmpdir(), 'latent-choice-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const chosen = (cacheFolder: string) => {
    const stages: string[] = []
    const { program } = chooseProgram(plan, state, {
      backend,
      mode: 'auto',
      cacheFolder,
      stage: (text) => stages.push(text),
    })
    const { mode } = program
    program.dispose()
    return { mode, tuned: stages.some((text) => text.startsWith('Choosing')) }
  }

  it('is tuned again where the note is damaged or names what is no mode, remembered where it can be, and then taken', () => {
    const note = join(folder, 'tuned-modes.json')
    writeFileSync(note, 'null')
    expect(chosen(folder).tuned).toBe(true)
    const written = JSON.parse(readFileSync(note, 'utf8')) as Record<string, string>
    const [[key, best] = ['', '']] = Object.entries(written)
    expect(compiledModes).toContain(best)

    const wrong = JSON.stringify({ [key]: 'fastest' })
    writeFileSync(note, wrong)
    mkdirSync(`${note}.${process.pid}`) // where the new note would be drafted
    const { mode, tuned } = chosen(folder)
    expect(tuned).toBe(true)
    expect(compiledModes).toContain(mode)
    expect(readFileSync(note, 'utf8')).toBe(wrong)

    writeFileSync(note, JSON.stringify({ [key]: best }))
    expect(chosen(folder)).toEqual({ mode: best, tuned: false })
  })
})
