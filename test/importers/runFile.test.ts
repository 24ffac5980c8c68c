// A whole run as one file and back: nothing is lost, what is wrong is refused with its reason, and
// an import that fails or is killed leaves no row and no file.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { decodeCheckpoint, encodeCheckpoint } from '../../main/engine/checkpoint.ts'
import { forkNode } from '../../main/service/launch.ts'
import { listCheckpoints } from '../../main/store/checkpointRows.ts'
import { listEvents } from '../../main/store/events.ts'
import { listFrames, readFrame } from '../../main/store/frameRows.ts'
import { beginImport, storePiece } from '../../main/store/importedRuns.ts'
import { readMetrics } from '../../main/store/metrics.ts'
import { openStore, type Store } from '../../main/store/open.ts'
import { recover } from '../../main/store/recover.ts'
import { findRun, listRuns } from '../../main/store/runs.ts'
import { listValidations } from '../../main/store/validations.ts'
import { createStudio, type Studio } from '../../main/studio.ts'
import type { Client } from '../../preload/contract/client.ts'
import { resultOf } from '../kit/job.ts'
import { temporaryFolder, temporaryStore } from '../store/sample.ts'
import { seriesFrom } from '../store/sample-run.ts'
import { rawZip } from './archives.ts'
import { readWhole } from './latentMutations.ts'
import {
  archiveOf,
  lastStep,
  rewritten,
  runId,
  storeRun,
  type Entries,
  type ManifestText,
} from './storedRun.ts'

let studio: Studio
let client: Client
let out: string
let source: Store

async function openStudio(folder: string): Promise<Studio> {
  const fork = forkNode(join(import.meta.dirname, '../service/scriptedHost.ts'))
  const cacheFolder = join(folder, 'cache')
  const limits = { closing: 500 }
  return createStudio({
    dataFolder: folder,
    cacheFolder,
    fork,
    shell: 'serve',
    pages: new Map(),
    limits,
  })
}

beforeEach(async () => {
  source = temporaryStore()
  storeRun(source)
  out = temporaryFolder()
  studio = await openStudio(temporaryFolder())
  client = studio.connect()
})
afterEach(() => studio.close())

const imported = async (question: Omit<Parameters<typeof resultOf<'import'>>[1], 'kind'>) =>
  client.runs.get({ run: (await resultOf(client, { kind: 'import', ...question })).run })
const written = (bytes: Uint8Array): string => {
  const path = join(out, `${readdirSync(out).length}.latent`)
  writeFileSync(path, bytes)
  return path
}
const rowsOf = (store: Store) => {
  const count = (table: string) =>
    (store.database.prepare(`SELECT count(*) AS n FROM ${table}`).get() as { n: number }).n
  return ['runs', 'metrics', 'validations', 'events', 'checkpoints', 'frames'].map(count)
}

it('comes back with every step, validation, event, frame and checkpoint, under its own id', async () => {
  const run = await imported({ path: written(archiveOf(source)) })
  const before = findRun(source, runId)
  await studio.close()
  const store = openStore(studio.dataFolder)
  expect(run.id).toBe(runId)
  // a colour is given anew, by what the other runs have
  expect({ ...findRun(store, runId), colour: before.colour }).toEqual(before)
  expect(before.bestValidation?.step).toBe(2000)
  expect(listValidations(store, runId)).toEqual(listValidations(source, runId))
  expect(listCheckpoints(store, runId)).toEqual(listCheckpoints(source, runId))
  expect(listFrames(store, runId)).toEqual(listFrames(source, runId))
  for (const { step } of listFrames(source, runId))
    expect(readFrame(store, runId, step)).toEqual(readFrame(source, runId, step))
  for (const points of [10_000, 100]) {
    const range = { fromStep: 1, points }
    expect(readMetrics(store, runId, range)).toEqual(readMetrics(source, runId, range))
  }
  expect(listRuns(store, { deleted: false })[0]!.sparkline.length).toBeGreaterThan(20)
  const events = listEvents(store, runId).map(({ text }) => text)
  expect(events).toEqual([
    ...listEvents(source, runId).map(({ text }) => text),
    `Imported from a file of Latent Studio 0.0.1, where it was run ${runId}.`,
  ])
  expect(recover(store)).toEqual({ interrupted: [], jobs: [], orphans: [], missing: [] })
  store.close()
})

it('a second import is another run, and a name finds one run', async () => {
  const path = written(archiveOf(source))
  const runs = [
    await imported({ path }),
    await imported({ path }),
    await imported({ path, name: 'mine' }),
  ]
  expect(new Set(runs.map(({ id }) => id)).size).toBe(3)
  expect(runs.map(({ name }) => name)).toEqual([
    'digits <b>bold</b>',
    'digits <b>bold</b> 2',
    'mine',
  ])
  // exported like any other, by the contract
  const { report, path: again } = await resultOf(client, {
    ...{ kind: 'export', run: 'mine', format: 'latent', path: join(out, 'again.latent') },
  })
  expect(report).toMatchObject({ step: lastStep, note: '', files: [{ name: 'again.latent' }] })
  expect(await client.exports.preview({ run: 'mine', format: 'latent' })).toMatchObject({
    bytes: report.bytes,
  })
  expect(readdirSync(out).sort()).toEqual(['0.latent', 'again.latent'])
  expect((await imported({ path: again! })).step).toBe(lastStep)
})

it('of a live run holds what lies up to its last checkpoint', async () => {
  source.database.prepare("DELETE FROM checkpoints WHERE reason = 'stop'").run()
  source.database.prepare("UPDATE runs SET status = 'running'").run()
  const run = await imported({ path: written(archiveOf(source, true)) })
  expect(run).toMatchObject({ status: 'interrupted', step: 2000, lastValidation: { step: 2000 } })
  expect((await client.runs.metrics({ run: run.id })).lastStep).toBe(2000)
  expect((await client.runs.frames({ run: run.id })).map(({ step }) => step)).toEqual([0, 1])
})

describe('a damaged checkpoint', () => {
  const [best, stop] = [
    'checkpoints/step-2000-best.safetensors',
    'checkpoints/step-2500-stop.safetensors',
  ]
  /** The checkpoint with one number changed: the last weight, or the last optimizer slot. */
  const withNumber = (bytes: Uint8Array, value: number, of: 'parameters' | 'slots') => {
    const { meta, state } = decodeCheckpoint(bytes)
    Object.values(state[of]).at(-1)!.values[0] = value
    return encodeCheckpoint(meta, state)
  }
  const cut = (bytes: Uint8Array) => bytes.subarray(0, 5000)
  const kinds: [string, RegExp, (bytes: Uint8Array) => Uint8Array][] = [
    [
      'a weight that is NaN',
      /decoder\.out\.bias has values that are not finite/,
      (bytes) => withNumber(bytes, NaN, 'parameters'),
    ],
    [
      'a weight that is infinite',
      /not finite/,
      (bytes) => withNumber(bytes, Infinity, 'parameters'),
    ],
    [
      'an optimizer slot that is NaN',
      /adam\..* not finite/,
      (bytes) => withNumber(bytes, NaN, 'slots'),
    ],
    ['one that is cut', /its header|its tensors/, cut],
  ]
  it.each(kinds)('%s is named and left out; the usable one is kept', async (_what, why, change) => {
    const path = written(
      rewritten(archiveOf(source), (entries) => (entries[stop] = change(entries[stop]!))),
    )
    const result = await resultOf(client, { kind: 'import', path })
    expect(result.damaged).toEqual([{ step: 2500, why: expect.stringMatching(why) as string }])
    const checkpoints = await client.runs.checkpoints({ run: result.run })
    expect(checkpoints.map(({ step, reason }) => `${step} ${reason}`)).toEqual([
      '2000 best',
      '2000 interval',
    ])
    expect(readdirSync(join(studio.dataFolder, 'runs', result.run))).toEqual([
      'step-2000-best.safetensors',
    ])
    const texts = (await client.runs.events({ run: result.run })).filter(
      ({ kind }) => kind === 'checkpoint-damaged',
    )
    expect(texts.map(({ text }) => text)).toEqual([expect.stringMatching(why)])
  })

  it('whose bytes are not those that were packed is named; without a usable one the file is refused', async () => {
    const changed = rewritten(
      archiveOf(source),
      (entries) => (entries[stop] = withNumber(entries[stop]!, 3, 'parameters')),
      false,
    )
    const { damaged } = await resultOf(client, { kind: 'import', path: written(changed) })
    expect(damaged).toEqual([{ step: 2500, why: expect.stringMatching(/sha256/) as string }])
    const none = rewritten(archiveOf(source), (entries) => {
      for (const name of [best, stop]) entries[name] = withNumber(entries[name]!, NaN, 'parameters')
    })
    await expect(resultOf(client, { kind: 'import', path: written(none) })).rejects.toThrow(
      /no usable checkpoint: the checkpoint of step 2000 is damaged \(.*\), the checkpoint of step 2500 is damaged/,
    )
    expect(readdirSync(join(studio.dataFolder, 'runs'))).toHaveLength(1)
  })
})

describe('refused, leaving nothing', () => {
  const json = (value: unknown) => Buffer.from(JSON.stringify(value))
  const changes: [string, RegExp, (entries: Entries, manifest: ManifestText) => void, boolean?][] =
    [
      ['another format', /format latent-studio-run/, (_, manifest) => (manifest.format = 'zip')],
      ['a newer version', /version 1, found version 2/, (_, manifest) => (manifest.version = 2)],
      ['a step out of its range', /run\.step/, (_, manifest) => (manifest.run['step'] = -1)],
      [
        'a text where a number belongs',
        /run\.createdAt/,
        (_, manifest) => (manifest.run['createdAt'] = 'now'),
      ],
      [
        'settings that are none',
        /latentSize|Latent/,
        (_, manifest) => ((manifest.run['config'] as Record<string, unknown>)['latentSize'] = 1e9),
      ],
      [
        'a data set that is not here',
        /Unknown data set "faces"/,
        (_, manifest) => ((manifest.run['config'] as Record<string, unknown>)['dataset'] = 'faces'),
      ],
      [
        'a name that leads elsewhere',
        /checkpoints\.0\.file/,
        (_, manifest) => (manifest.checkpoints[0]!['file'] = '../x.safetensors'),
      ],
      [
        'a missing checkpoint',
        /checkpoints\/step-2500-stop\.safetensors is missing/,
        (entries) => delete entries['checkpoints/step-2500-stop.safetensors'],
      ],
      [
        'a checkpoint of another step',
        /contains step 2000/,
        (entries) =>
          (entries['checkpoints/step-2500-stop.safetensors'] =
            entries['checkpoints/step-2000-best.safetensors']!),
      ],
      [
        'a checkpoint of other data',
        /different data than the run/,
        (_, manifest) => (manifest.run['datasetHash'] = 'cd'.repeat(32)),
      ],
      [
        'a checkpoint with other settings',
        /different settings/,
        (_, manifest) => ((manifest.run['config'] as Record<string, unknown>)['seed'] = 99),
      ],
      [
        'metrics that are too short',
        /metrics\.f32 has/,
        (entries) => (entries['metrics.f32'] = entries['metrics.f32']!.subarray(4)),
      ],
      [
        'a frame of another size',
        /frames\/.* has 71 bytes/,
        (entries) => (entries['frames/step-000000000.grey'] = new Uint8Array(71)),
      ],
      [
        'events that are none',
        /events\.json is not a list/,
        (entries) => (entries['events.json'] = json({ a: 1 })),
      ],
      [
        'events with a key twice',
        /events\.json is not a list/,
        (entries) =>
          (entries['events.json'] = Buffer.from(
            '[{"at":1,"at":2,"step":0,"kind":"note","text":""}]',
          )),
      ],
      [
        'a file that nobody lists',
        /extra\.txt is not listed/,
        (entries) => (entries['extra.txt'] = json(1)),
        false,
      ],
      [
        'another content than listed',
        /sha256/,
        (entries) => (entries['MODEL_CARD.md'] = Buffer.from('# core')),
        false,
      ],
      [
        'a manifest with a key twice',
        /"format" twice/,
        (entries) =>
          (entries['manifest.json'] = Buffer.from('{"format":"latent-studio-run","format":1}')),
      ],
    ]

  it.each(changes)('%s', async (_what, message, change, relist = true) => {
    const path = written(rewritten(archiveOf(source), change, relist))
    await expect(readWhole(path, temporaryFolder())).rejects.toThrow(message)
  })

  // found at the beginning, at a checkpoint, and after everything was stored
  it.each(['a newer version', 'a checkpoint of another step', 'another content than listed'])(
    'no row and no file: %s',
    async (what) => {
      const [, message, change, relist = true] = changes.find(([name]) => name === what)!
      const path = written(rewritten(archiveOf(source), change, relist))
      await expect(imported({ path })).rejects.toThrow(message)
      await studio.close()
      const store = openStore(studio.dataFolder)
      expect(rowsOf(store)).toEqual([0, 0, 0, 0, 0, 0])
      store.close()
      expect(readdirSync(join(studio.dataFolder, 'runs'))).toEqual([])
    },
  )

  it('what is no archive at all, and settings for a whole run', async () => {
    const refused = (path: string, weights = false) =>
      imported({ path, ...(weights ? { weights: { layout: 'pytorch' as const } } : {}) })
    await expect(refused(written(Buffer.from('hello, hello')))).rejects.toThrow(
      /another kind of file/,
    )
    await expect(refused(written(archiveOf(source).subarray(0, 9000)))).rejects.toThrow(
      /end is missing/,
    )
    await expect(
      refused(written(rawZip([{ name: '../a', bytes: Buffer.alloc(9) }]))),
    ).rejects.toThrow(/plain relative path/)
    await expect(refused(join(out, 'none.latent'))).rejects.toThrow(/no such file/)
    await expect(refused('relative.latent')).rejects.toThrow(/absolute path/)
    await expect(refused(written(archiveOf(source)), true)).rejects.toThrow(
      /Leave the settings out/,
    )
    expect(readdirSync(join(studio.dataFolder, 'runs'))).toEqual([])
  })
})

it('an import that was killed is taken back by the next owner, whatever it had written', () => {
  const folder = temporaryFolder()
  const store = openStore(folder)
  const { folder: place } = beginImport(store, 'killed')
  writeFileSync(join(place, 'step-1-end.safetensors'), 'half')
  const { reconstruction, kl, objective } = seriesFrom(1, 1024)
  storePiece(store, 'killed', {
    kind: 'metrics',
    firstStep: 1,
    lanes: [reconstruction, kl, objective],
  })
  storePiece(store, 'killed', {
    kind: 'events',
    list: [{ at: 1, step: 0, kind: 'created', text: 'x' }],
  })
  expect(listRuns(store, { deleted: false })).toEqual([])
  expect(() =>
    store.database
      .prepare("INSERT INTO events (run, at, step, kind, text) VALUES ('nobody', 1, 1, 'note', '')")
      .run(),
  ).toThrow(/FOREIGN KEY/)
  // a folder that only looks unknown stays: somebody moved the database away
  mkdirSync(join(folder, 'runs', 'kept'))
  writeFileSync(join(folder, 'runs', 'kept', 'step-1-end.safetensors'), 'whole')
  store.close()
  const next = openStore(folder)
  expect(recover(next).orphans).toEqual([join('runs', 'killed')])
  expect(rowsOf(next)).toEqual([0, 0, 0, 0, 0, 0])
  expect(readdirSync(join(folder, 'runs'))).toEqual(['kept'])
  next.close()
})

it('one file imported twice at once becomes two runs', async () => {
  const path = written(archiveOf(source))
  const runs = await Promise.all([imported({ path }), imported({ path })])
  expect(runs.map(({ id }) => id)).toContain(runId)
  expect(new Set(runs.map(({ id }) => id)).size).toBe(2)
  expect(new Set(runs.map(({ name }) => name)).size).toBe(2)
})

it('takes another id where checkpoints of a lost run lie under its own', async () => {
  const left = join(studio.dataFolder, 'runs', runId)
  mkdirSync(left)
  writeFileSync(join(left, 'step-000000001-stop.safetensors'), 'all that is left')
  const { id } = await imported({ path: written(archiveOf(source)) })
  expect(id).not.toBe(runId)
  expect(readdirSync(left)).toEqual(['step-000000001-stop.safetensors'])
})
