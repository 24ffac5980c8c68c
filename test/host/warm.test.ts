// A process that waited, one that did not, and one that had compiled something else end a run with
// the same bits.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { FromHost, HostPort, TrainerStart } from '../../main/host/protocol.ts'
import { defaultCacheFolder } from '../../main/runtime/cache.ts'
import { forkNode } from '../../main/service/launch.ts'
import { configFrom } from '../../preload/contract/config.ts'
import type { RunConfig } from '../../preload/contract/runConfig.ts'
import { withRuntime } from '../kit/needing.ts'

const folder = mkdtempSync(join(tmpdir(), 'latent-warm-host-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const fork = forkNode()
/** A cache folder of its own with the installed runtime, and no program compiled before. */
function freshCache(name: string): string {
  const own = join(folder, name)
  mkdirSync(own)
  for (const shared of ['runtime', 'checks'])
    symlinkSync(join(defaultCacheFolder(), shared), join(own, shared))
  return own
}
const cacheFolder = freshCache('cache')
/** Name, file and time of each program that XLA kept. */
function programs(): string[] {
  const own = join(cacheFolder, 'programs')
  const files = readdirSync(own, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.pb'),
  )
  return files.map((name) =>
    [name, statSync(join(own, name)).ino, statSync(join(own, name)).mtimeMs].join(' '),
  )
}

const config = configFrom('tutorial', {
  encoderLayers: [12],
  decoderLayers: [12],
  length: 60,
  evaluateEvery: 20,
  frames: 2,
  backend: 'tensorflow',
})
const other = { ...config, encoderLayers: [10], seed: 3 }

interface Ended {
  messages: FromHost[]
  /** Step and sha256 of the last checkpoint's file: weights, slots, settings, progress. */
  last: { step: number; sha256: string }
}

/** Trains in a process to the end. */
function trained(
  port: HostPort,
  start: Partial<TrainerStart> & { config: RunConfig; run: string },
): Promise<Ended> {
  const own = join(folder, start.run)
  mkdirSync(own, { recursive: true })
  const messages: FromHost[] = []
  return new Promise((resolve, reject) => {
    port.onMessage((message) => {
      messages.push(message)
      if (message.kind === 'metrics')
        port.send({ kind: 'stored', step: message.firstStep + message.count - 1 })
      if (message.kind === 'failed') reject(new Error(message.message))
      if (message.kind !== 'ended') return
      const { step, sha256 } = messages.findLast((each) => each.kind === 'checkpoint')!
      resolve({ messages, last: { step, sha256 } })
    })
    port.onExit((reason, clean) => (clean ? undefined : reject(new Error(reason))))
    port.send({
      kind: 'train',
      folder: own,
      cacheFolder,
      checkpoint: null,
      recorded: null,
      avoid: [],
      chunkSteps: 7,
      startPaused: false,
      ...start,
    })
  })
}

/** A process that has loaded, read and compiled for these settings. */
async function waiting(settings: RunConfig, cache = cacheFolder): Promise<HostPort> {
  const port = fork('trainer')
  await new Promise<void>((resolve, reject) => {
    port.onMessage((message) =>
      message.kind === 'warmed' && message.compiled ? resolve() : undefined,
    )
    port.onExit((reason) => reject(new Error(reason)))
    port.send({ kind: 'warm', cacheFolder: cache, config: settings, compile: true })
  })
  return port
}

withRuntime.describe('a run on the native runtime', () => {
  let cold: Ended
  beforeAll(async () => {
    cold = await trained(fork('trainer'), { config, run: 'cold' })
  }, 240_000)

  it('ends with the same bits in a process that had compiled for it', async () => {
    expect(cold.last.step).toBe(60)
    const own = freshCache('other-cache')
    const compiled = await trained(await waiting(config, own), {
      config,
      run: 'compiled',
      cacheFolder: own,
    })
    expect(compiled.last).toEqual(cold.last)
  }, 240_000)

  it('ends with the same bits with the program that XLA kept', async () => {
    const before = programs()
    expect(before.length).toBeGreaterThan(0)
    const again = await trained(fork('trainer'), { config, run: 'again' })
    expect(again.last).toEqual(cold.last)
    expect(programs()).toEqual(before) // compiled anew, it would have been written anew
  }, 240_000)

  it('ends with the same bits in a process that had compiled other settings, and has begun with these', async () => {
    const port = await waiting(other)
    port.send({ kind: 'warm', cacheFolder, config, compile: true })
    const early = await trained(port, { config, run: 'early' })
    expect(early.last).toEqual(cold.last)
  }, 240_000)

  it('shows its untrained pictures before anything is compiled, and every stage with its seconds', () => {
    const { messages } = cold
    const at = (wanted: (message: FromHost) => boolean) => messages.findIndex(wanted)
    const frame = at((message) => message.kind === 'frame' && message.step === 0)
    expect(frame).toBeGreaterThan(0)
    expect(frame).toBeLessThan(
      at((message) => message.kind === 'stage' && message.text === 'Compiling (XLA)'),
    )
    const { stages } = messages.find((message) => message.kind === 'started')!
    expect(stages!.map(({ text }) => text)).toEqual([
      'Checking the backends',
      'Loading TensorFlow',
      'Reading the data',
      'Drawing the untrained model',
      'Compiling (XLA)',
      'Preparing the validation',
    ])
    expect(stages!.every(({ seconds }) => seconds !== null && seconds >= 0)).toBe(true)
    expect(stages!.find(({ text }) => text === 'Loading TensorFlow')!.seconds).toBeGreaterThan(0.02)
  })
})
