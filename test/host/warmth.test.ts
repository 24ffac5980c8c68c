// What a waiting process makes ready, part by part, with the library replaced: when it stops, and
// what it frees.
import { beforeEach, expect, it, vi } from 'vitest'
import type { Dataset } from '../../main/datasets/index.ts'
import {
  aheadFor,
  datasetOnce,
  dropAhead,
  handOver,
  keepAhead,
  keepValidationAhead,
} from '../../main/host/ahead.ts'
import { prepare } from '../../main/host/preparation.ts'
import { Warmth } from '../../main/host/warmth.ts'
import { defaultCacheFolder } from '../../main/runtime/cache.ts'
import { configFrom } from '../../preload/contract/config.ts'
import type { RunConfig } from '../../preload/contract/runConfig.ts'

const config = configFrom(null, { encoderLayers: [4], decoderLayers: [4], backend: 'js' })
const other: RunConfig = { ...config, seed: 7 }

const parts: string[] = []
/** Called when a part has been made. */
let made: (part: string) => void
const part = (name: string) => {
  parts.push(name)
  made(name)
}
const program = (name: string, mode = 'graph-loop') =>
  ({
    mode,
    parameters: () => ({}),
    dispose: () => void parts.push(`free ${name}`),
  }) as unknown as Parameters<typeof keepAhead>[1]
const images = (name: string) => {
  const tensor = { dispose: () => void parts.push(`free ${name}`) }
  return {
    count: 1,
    batches: [{ x: tensor, noise: { dispose: () => undefined } }],
  } as unknown as Parameters<typeof keepValidationAhead>[0]
}

vi.mock('../../main/backends/index.ts', async (original) => ({
  ...(await original<object>()),
  activateRung: () => Promise.resolve({ rung: 'js', native: {}, threads: 1, version: '1' }),
}))
vi.mock('../../main/compile/functions.ts', () => ({ compiledApply: () => () => [] }))
vi.mock('../../main/compile/modeChoice.ts', () => ({
  compileFirst: () => (part('compile'), program('program')),
  chooseProgram: () => ({ program: program('own program'), compileSeconds: 0, note: '' }),
}))
vi.mock('../../main/engine/evaluation.ts', () => ({
  evaluationTargets: () => null,
  uploadValidation: () => (part('upload'), images('images')),
  rehearseValidation: () => part('rehearse'),
}))
vi.mock('../../main/host/drawFrame.ts', () => ({
  drawFrame: () => part('draw'),
  fixedImageCount: 10,
}))
vi.mock('../../main/engine/tf.ts', async (original) => ({
  ...(await original<object>()),
  dispose: (tensors: Record<string, { dispose(): void }>) =>
    Object.values(tensors).forEach((tensor) => tensor.dispose()),
}))

beforeEach(() => {
  dropAhead()
  parts.length = 0
  made = () => undefined
})

const warm = (settings: RunConfig) => ({
  kind: 'warm' as const,
  cacheFolder: defaultCacheFolder(),
  config: settings,
  compile: true,
})

it.each([
  ['compile', ['compile']],
  ['upload', ['compile', 'upload', 'free images']],
  ['rehearse', ['compile', 'upload', 'rehearse']],
])(
  'a run of other settings that comes during "%s" waits for no further part',
  async (last, expected) => {
    const warmth = new Warmth(() => undefined)
    const settled = new Promise<void>((resolve) => {
      made = (name) => (name === last ? void warmth.settled(other).then(resolve) : undefined)
    })
    warmth.prepareFor(warm(config))
    await settled
    expect(parts).toEqual(expected)
  },
)

it('a run of the same settings waits for all of them, and settings that come again find them', async () => {
  const warmth = new Warmth(() => undefined)
  warmth.prepareFor(warm(config))
  await warmth.settled(config)
  expect(parts).toEqual(['compile', 'upload', 'rehearse', 'draw'])
  warmth.prepareFor(warm(config))
  await warmth.settled(config)
  expect(parts).toEqual(['compile', 'upload', 'rehearse', 'draw', 'draw'])
})

const start = {
  kind: 'train' as const,
  run: 'run',
  config,
  folder: '',
  cacheFolder: defaultCacheFolder(),
  checkpoint: null,
  recorded: null,
  chunkSteps: null,
  avoid: [],
  startPaused: false,
}

it('a run frees what is ready for other settings before it makes its own', async () => {
  keepAhead(other, program('foreign program'))
  keepValidationAhead(images('foreign images'))
  await prepare(start, () => undefined)
  expect(parts.slice(0, 3)).toEqual(['free foreign program', 'free foreign images', 'upload'])
})

it('a run frees the program of its settings in another mode, and keeps the images that it uses', async () => {
  keepAhead(config, program('program of another mode'))
  keepValidationAhead(images('own images'))
  await prepare(start, () => undefined)
  expect(parts).toEqual(['free program of another mode'])
  expect(aheadFor(config)).toBe(null)
  dropAhead()
  expect(parts).toHaveLength(1)
})

it('a program that the run uses is not freed', () => {
  const [own, validation] = [program('own'), images('own images')]
  keepAhead(config, own)
  keepValidationAhead(validation)
  handOver({ program: own, validation })
  dropAhead()
  expect(parts).toEqual([])
})

it('one data set is kept: the one asked for last', async () => {
  const opened: string[] = []
  const open = (name: string) => (
    opened.push(name),
    Promise.resolve({ info: { name } } as unknown as Dataset)
  )
  for (const name of ['a', 'a', 'b', 'b', 'a'])
    expect((await datasetOnce(name, open)).info.name).toBe(name)
  expect(opened).toEqual(['a', 'b', 'a'])
  await expect(datasetOnce('c', () => Promise.reject(new Error('unreadable')))).rejects.toThrow(
    'unreadable',
  )
  expect((await datasetOnce('c', open)).info.name).toBe('c')
})
