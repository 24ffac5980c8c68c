// Damaged safetensors files, made from a whole one by a seed: cut, overlapping, lying about sizes,
// with impossible header lengths, with JSON that is none. Whoever reads them must answer with a
// tensor set that adds up, or a StudioError.
import { StudioError } from '../../preload/contract/errors.ts'
import type { NamedArrays } from '../../main/engine/modelState.ts'

/** Numbers in [0, 1) (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

type Random = () => number
type Header = Record<string, Record<string, unknown>>

const pick = <T>(random: Random, choices: readonly T[]): T =>
  choices[Math.floor(random() * choices.length)]!
const whole = (random: Random, limit: number) => Math.floor(random() * limit)

/** Values that a header should never have where a number belongs. */
const strange: unknown[] = [
  -1,
  0.5,
  2 ** 31,
  2 ** 53,
  2 ** 53 - 1,
  1e308,
  null,
  '12',
  [],
  {},
  true,
  [[1]],
  'Infinity',
  -0,
]

function withHeaderLength(bytes: Uint8Array, random: Random): Uint8Array {
  const length = BigInt(bytes.length)
  const given = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true)
  const lengths = [
    0n,
    1n,
    7n,
    2n ** 64n - 1n,
    2n ** 63n,
    2n ** 53n,
    2n ** 32n,
    100n * 2n ** 20n + 1n,
    length,
    length - 8n,
    length - 7n,
    given - 1n,
    given + 1n,
    given + 4n,
  ]
  const result = bytes.slice()
  new DataView(result.buffer).setBigUint64(0, pick(random, lengths), true)
  return result
}

function flipped(bytes: Uint8Array, random: Random): Uint8Array {
  const result = bytes.slice()
  const headerEnd = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
  const limit = random() < 0.8 ? headerEnd : result.length
  for (let left = 1 + whole(random, 8); left > 0; left--)
    result[whole(random, limit)] = whole(random, 256)
  return result
}

/** The file with its header changed by `change`, its tensors as they are. */
function withHeader(bytes: Uint8Array, change: (header: Header) => string | void): Uint8Array {
  const end = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, end))) as Header
  const text = new TextEncoder().encode(change(header) ?? JSON.stringify(header))
  const result = new Uint8Array(8 + text.length + bytes.length - end)
  new DataView(result.buffer).setBigUint64(0, BigInt(text.length), true)
  result.set(text, 8)
  result.set(bytes.subarray(end), 8 + text.length)
  return result
}

function withEntry(bytes: Uint8Array, random: Random): Uint8Array {
  return withHeader(bytes, (header) => {
    const names = Object.keys(header).filter((name) => name !== '__metadata__')
    const [name, other] = [pick(random, names), pick(random, names)]
    const entry = header[name]!
    const [shape, offsets] = [
      entry['shape'] as unknown[],
      entry['data_offsets'] as [unknown, unknown],
    ]
    switch (whole(random, 11)) {
      case 0:
        return void (shape[whole(random, shape.length)] = pick(random, strange))
      case 1:
        return void (offsets[whole(random, 2)] = pick(random, strange))
      case 2:
        return void (entry['data_offsets'] = header[other]!['data_offsets'])
      case 3:
        return void offsets.reverse()
      case 4:
        return void (entry['dtype'] = pick(random, ['F64', 'F16', 'f32', 32, null, '__proto__']))
      case 5:
        return void delete header[name]
      case 6:
        return void delete entry[pick(random, Object.keys(entry))]
      case 7:
        return void (header[name] = pick<unknown>(random, [null, 1, 'x', [], {}]) as Header[string])
      case 8:
        return void shape.push(pick(random, [1, 0, 2, 2 ** 53 - 1, 2 ** 40]))
      case 9:
        return JSON.stringify(header).replace(
          JSON.stringify(name),
          pick(random, [
            '"__proto__"',
            '"constructor"',
            '""',
            JSON.stringify(other),
            `"${'x'.repeat(10_000)}"`,
          ]),
        )
      default:
        return void (offsets[1] = (offsets[1] as number) + pick(random, [-4, 4, 8, 1, 2 ** 32]))
    }
  })
}

function withMetadata(bytes: Uint8Array, random: Random): Uint8Array {
  return withHeader(bytes, (header) => {
    const text = String(header['__metadata__']?.['meta'] ?? '{}')
    const at = whole(random, text.length)
    const values: unknown[] = [
      null,
      1,
      [],
      'x',
      '{}',
      'null',
      '[]',
      '[1',
      text.slice(0, at),
      text.slice(0, at) + String.fromCharCode(whole(random, 128)) + text.slice(at + 1),
    ]
    if (random() < 0.1)
      header['__metadata__'] = pick<unknown>(random, [null, 1, [], 'x']) as Header[string]
    else header['__metadata__'] = { meta: pick(random, values) }
  })
}

function withOtherJson(bytes: Uint8Array, random: Random): Uint8Array {
  const texts = [
    '',
    'null',
    '[]',
    '"x"',
    '{',
    '{}',
    '[',
    '['.repeat(100_000),
    '{"a":'.repeat(50_000),
    '\u0000',
    ' '.repeat(1000),
    '{"a":1e999}',
    '{"__proto__":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}',
  ]
  return withHeader(bytes, () => pick(random, texts))
}

function resized(bytes: Uint8Array, random: Random): Uint8Array {
  if (random() < 0.7) return bytes.slice(0, whole(random, random() < 0.3 ? 16 : bytes.length))
  const more = new Uint8Array(bytes.length + 1 + whole(random, 64))
  more.set(bytes)
  return more
}

const mutations = [
  withHeaderLength,
  flipped,
  withEntry,
  withEntry,
  withMetadata,
  withOtherJson,
  resized,
]

export function mutated(bytes: Uint8Array, random: Random): Uint8Array {
  let result = pick(random, mutations)(bytes, random)
  // a second damage on top, where the first left a header that can be read
  if (random() < 0.2) {
    try {
      result = pick(random, mutations)(result, random)
    } catch {
      return result
    }
  }
  return result
}

export interface FuzzFigures {
  files: number
  accepted: number
  refused: Record<string, number>
  /** Milliseconds for the slowest file. */
  slowest: number
}

/**
 * Whether all bytes behind the header have to be in the tensors that are read; a reader of
 * checkpoints leaves slots out.
 */
export type Reads = 'all tensors' | 'some tensors'

/**
 * Gives `count` damaged files to `read`. Throws an Error with seed and number of the file for
 * anything but a StudioError, for tensors that do not add up, and for a file that takes more than a
 * second. `beginning` is told of each file.
 */
export function fuzz(
  original: Uint8Array,
  read: (bytes: Uint8Array) => NamedArrays,
  reads: Reads,
  count: number,
  seed: number,
  beginning: (index: number) => void = () => undefined,
): FuzzFigures {
  const figures: FuzzFigures = { files: 0, accepted: 0, refused: {}, slowest: 0 }
  for (let index = 0; index < count; index++) {
    const bytes = mutated(original, randomOf(seed * 1_000_003 + index))
    beginning(index)
    const started = performance.now()
    try {
      addUp(read(bytes), bytes, reads)
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
  }
  return figures
}

function addUp(tensors: NamedArrays, bytes: Uint8Array, reads: Reads): void {
  let total = 0
  for (const [name, { shape, values }] of Object.entries(tensors)) {
    const expected = shape.reduce((product, size) => product * size, 1)
    if (values.length !== expected)
      throw new TypeError(`${name} has ${values.length} values for ${shape.join(' x ')}`)
    total += values.byteLength
  }
  const stored =
    bytes.length - 8 - Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
  if (total > stored || (reads === 'all tensors' && total < stored))
    throw new TypeError(`tensors of ${total} bytes from a file with ${stored}`)
}
