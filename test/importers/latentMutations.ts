// Damaged .latent files by the thousand, from a whole one and a seed: the archive, its entries, its
// manifest. Each is refused with a reason or imported whole into a store, and a refused one leaves
// no row and no file.
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StudioError } from '../../preload/contract/errors.ts'
import { openRunFile } from '../../main/importers/readRunFile.ts'
import { mkdirSync } from 'node:fs'
import { randomOf } from '../exporters/mutations.ts'
import { rawZip } from './archives.ts'
import { rewritten, type Entries, type ManifestText } from './storedRun.ts'

type Random = () => number
const pick = <T>(random: Random, choices: readonly T[]): T =>
  choices[Math.floor(random() * choices.length)]!
const whole = (random: Random, limit: number) => Math.floor(random() * limit)
const strange: unknown[] = [
  -1,
  0.5,
  2 ** 31,
  2 ** 53,
  1e308,
  null,
  '12',
  '',
  [],
  {},
  true,
  [[1]],
  '../x',
  'a\0b',
  '<b>',
  'x'.repeat(5000),
  '__proto__',
]

/** Bytes changed anywhere, most of them where the directory lies. */
function flipped(bytes: Uint8Array, random: Random): Uint8Array {
  const result = Uint8Array.from(bytes)
  const from = random() < 0.7 ? result.length - 1500 : 0
  for (let left = 1 + whole(random, 6); left > 0; left--)
    result[from + whole(random, result.length - from)] = whole(random, 256)
  return result
}

function resized(bytes: Uint8Array, random: Random): Uint8Array {
  if (random() < 0.7) return bytes.slice(0, whole(random, random() < 0.3 ? 100 : bytes.length))
  return Buffer.concat([bytes, Buffer.alloc(1 + whole(random, 80), whole(random, 256))])
}

/** A value anywhere in a JSON tree replaced, removed or doubled. */
function altered(value: unknown, random: Random): void {
  let at = value as Record<string, unknown>
  for (;;) {
    const keys = Object.keys(at)
    if (keys.length === 0) return
    const key = pick(random, keys)
    const inner = at[key]
    if (typeof inner === 'object' && inner !== null && random() < 0.75) {
      at = inner as Record<string, unknown>
      continue
    }
    const kind = whole(random, 4)
    if (kind === 0) delete at[key]
    else if (kind === 1 && Array.isArray(at)) at.push(inner)
    else at[key] = pick(random, strange)
    return
  }
}

function withManifest(bytes: Uint8Array, random: Random): Uint8Array {
  return rewritten(bytes, (_, manifest) => altered(manifest, random), random() < 0.5)
}

function withEntries(bytes: Uint8Array, random: Random): Uint8Array {
  return rewritten(
    bytes,
    (entries: Entries, manifest: ManifestText) => {
      const name = pick(random, Object.keys(entries))
      const content = Uint8Array.from(entries[name]!)
      switch (whole(random, 6)) {
        case 0:
          return void delete entries[name]
        case 1:
          return void (entries[name] = content.subarray(0, whole(random, content.length)))
        case 2:
          return void (entries[pick(random, ['extra', 'frames/x', 'checkpoints/y.safetensors'])] =
            content)
        case 3:
          return void (entries[name] = Buffer.from(
            pick(random, [
              '[',
              '{}',
              '[{}]',
              'null',
              '[1]',
              '"x"',
              '['.repeat(50_000),
              '{"a":1,"a":2}',
            ]),
          ))
        case 4:
          for (let left = 4; left > 0 && content.length > 0; left--)
            content[whole(random, Math.min(content.length, 4000))] = whole(random, 256)
          return void (entries[name] = content)
        default:
          return void altered(manifest.checkpoints, random)
      }
    },
    random() < 0.8,
  )
}

function forged(_: Uint8Array, random: Random): Uint8Array {
  const names = [
    'a',
    '../a',
    '/a',
    'C:\\a',
    'a\0',
    'manifest.json',
    'MANIFEST.json',
    'x'.repeat(300),
    'con/..',
    '..',
  ]
  const entries = Array.from({ length: 1 + whole(random, 3) }, () => ({
    name: pick(random, names),
    bytes: Buffer.alloc(whole(random, 3000), 65),
    deflate: random() < 0.5,
    claims: pick(random, [
      {},
      { bytes: 2 ** 32 - 1 },
      { packed: 2 ** 31 },
      { crc: 1 },
      { header: whole(random, 500) },
      { method: whole(random, 100) },
      { attributes: 0xa1ff0000 },
    ]),
  }))
  return rawZip(entries, random() < 0.2 ? { count: whole(random, 65536) } : {})
}

const mutations = [
  flipped,
  flipped,
  resized,
  withManifest,
  withManifest,
  withEntries,
  withEntries,
  forged,
]

export interface LatentFuzz {
  files: number
  accepted: number
  refused: Record<string, number>
  /** Milliseconds for the slowest file. */
  slowest: number
}

/** Reads a run's file as an import does, up to what main stores. */
export async function readWhole(path: string, folder: string): Promise<void> {
  const file = await openRunFile(path)
  try {
    for await (const piece of file.pieces(folder))
      if (piece.kind === 'metrics' && piece.lanes.length !== 3)
        throw new TypeError('not three columns')
    file.result()
  } finally {
    file.close()
  }
}

/**
 * Throws an Error with seed and number of the file for anything but a StudioError, and for a file
 * that takes over a second.
 */
export async function fuzzLatent(
  original: Uint8Array,
  folder: string,
  read: (path: string, folder: string) => Promise<void>,
  count: number,
  seed: number,
  beginning: (index: number) => void = () => undefined,
): Promise<LatentFuzz> {
  const figures: LatentFuzz = { files: 0, accepted: 0, refused: {}, slowest: 0 }
  const [path, place] = [join(folder, 'mutated.latent'), join(folder, 'place')]
  for (let index = 0; index < count; index++) {
    const random = randomOf(seed * 1_000_003 + index)
    writeFileSync(path, pick(random, mutations)(original, random))
    mkdirSync(place)
    beginning(index)
    const started = performance.now()
    try {
      await read(path, place)
      figures.accepted += 1
    } catch (error) {
      if (!(error instanceof StudioError) || error.code === 'internal')
        throw new Error(`seed ${seed}, file ${index}: ${String(error)}`, { cause: error })
      figures.refused[error.code] = (figures.refused[error.code] ?? 0) + 1
    }
    const milliseconds = performance.now() - started
    if (milliseconds > 1000)
      throw new Error(`seed ${seed}, file ${index}: took ${milliseconds.toFixed(0)} ms`)
    figures.slowest = Math.max(figures.slowest, milliseconds)
    figures.files += 1
    // nothing but the checkpoints' own names may ever be written, and nowhere else
    const strangers = readdirSync(place).filter((name) => !/^[\w-]+\.safetensors$/.test(name))
    if (strangers.length > 0 || readdirSync(folder).length !== 2)
      throw new Error(`seed ${seed}, file ${index}: left ${strangers.join()} behind`)
    rmSync(place, { recursive: true })
  }
  return figures
}
