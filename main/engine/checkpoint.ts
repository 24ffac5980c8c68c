// A checkpoint as bytes: safetensors with parameters, slots and, as metadata, all that an exact
// resume needs. Format: 8 bytes header length (little endian), JSON header, tensors without holes
// (huggingface.co/docs/safetensors).
import { StudioError } from '../../preload/contract/errors.ts'
import { parseConfig } from '../../preload/contract/config.ts'
import type { Mode, RunConfig, Rung } from '../../preload/contract/runConfig.ts'
import { repeatedKey } from '../files/strictJson.ts'
import type { Progress } from './train.ts'
import type { NamedArrays, TrainingState } from './modelState.ts'

export interface CheckpointMeta {
  format: 'latent-studio-checkpoint'
  version: 1
  config: RunConfig
  progress: Progress
  datasetHash: string
  backend: Rung
  backendVersion: string
  mode: Mode
  threads: number
  programVersion: string
}

const MAXIMUM_HEADER = 100 * 1024 * 1024

/**
 * How numbers are stored. Only float32 gives back the same bits, so only it can be resumed from.
 */
export type Precision = 'F32' | 'F16'

export function encodeCheckpoint(
  meta: CheckpointMeta,
  state: TrainingState,
  precision: Precision = 'F32',
): Uint8Array {
  const arrays = Object.entries({ ...state.parameters, ...state.slots }).map(
    ([name, { shape, values }]) => ({
      name,
      shape,
      values: precision === 'F32' ? values : new Float16Array(values),
    }),
  )
  const header: Record<string, unknown> = { __metadata__: { meta: JSON.stringify(meta) } }
  let offset = 0
  for (const { name, shape, values } of arrays) {
    header[name] = { dtype: precision, shape, data_offsets: [offset, offset + values.byteLength] }
    offset += values.byteLength
  }
  const text = JSON.stringify(header)
  const json = new TextEncoder().encode(text + ' '.repeat((8 - (text.length % 8)) % 8)) // tensors start aligned
  const bytes = new Uint8Array(8 + json.length + offset)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true)
  bytes.set(json, 8)
  let at = 8 + json.length
  for (const { values } of arrays) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at)
    at += values.byteLength
  }
  return bytes
}

/**
 * Throws damaged-checkpoint when the bytes are not whole, cannot-resume when something that a
 * resume needs is missing.
 */
export function decodeCheckpoint(bytes: Uint8Array): {
  meta: CheckpointMeta
  state: TrainingState
} {
  return decoded(bytes, ['F32'])
}

/**
 * The weights of a checkpoint or of a frame, which may be stored in float16. Throws like
 * decodeCheckpoint.
 */
export function decodeWeights(bytes: Uint8Array): {
  meta: CheckpointMeta
  parameters: NamedArrays
} {
  const { meta, state } = decoded(bytes, ['F32', 'F16'])
  return { meta, parameters: state.parameters }
}

function decoded(
  bytes: Uint8Array,
  precisions: readonly Precision[],
): { meta: CheckpointMeta; state: TrainingState } {
  const { header, tensors } = readSafetensors(bytes, precisions)
  const text = (header.__metadata__ as { meta?: unknown } | undefined)?.meta
  if (typeof text !== 'string')
    throw new StudioError(
      'cannot-resume',
      'Expected a Latent Studio checkpoint, found a safetensors file without settings. Import it instead.',
    )
  const meta = checkedMeta(text)
  const slot = (name: string) => name.startsWith('adam.') || name.startsWith('sgd.')
  const pick = (wanted: boolean): NamedArrays =>
    Object.fromEntries(Object.entries(tensors).filter(([name]) => slot(name) === wanted))
  return { meta, state: { parameters: pick(false), slots: pick(true) } }
}

function checkedMeta(text: string): CheckpointMeta {
  const meta = parsedJson(text) as Partial<CheckpointMeta>
  if (meta.format !== 'latent-studio-checkpoint' || meta.version !== 1)
    throw new StudioError(
      'cannot-resume',
      `Expected a checkpoint of version 1, found ${String(meta.format)} version ${String(meta.version)}. A newer version of Latent Studio may have written it; update this one.`,
    )
  const missing = (
    ['config', 'progress', 'datasetHash', 'backend', 'mode', 'threads'] as const
  ).filter((key) => meta[key] === undefined)
  if (missing.length > 0)
    throw new StudioError(
      'cannot-resume',
      `Expected ${missing.join(', ')} in the checkpoint, which an exact resume needs, found none. Use an earlier checkpoint.`,
    )
  return { ...(meta as CheckpointMeta), config: parseConfig(meta.config) }
}

/** A tensor as a header describes it; `from` and `to` count from the end of the header. */
export interface Span {
  name: string
  dtype: string
  shape: number[]
  from: number
  to: number
}

/** Bytes of one element. */
const ELEMENT_BYTES: Record<string, number> = { F64: 8, F32: 4, F16: 2, BF16: 2 }

/**
 * Any safetensors file of float32 tensors (or other precisions, given as float32), checked before
 * anything is allocated.
 */
export function readSafetensors(
  bytes: Uint8Array,
  precisions: readonly Precision[] = ['F32'],
): { header: Record<string, unknown>; tensors: NamedArrays } {
  const { header, start, spans } = readHeader(bytes)
  const tensors: NamedArrays = {}
  for (const { name, dtype } of spans)
    if (!precisions.some((known) => known === dtype))
      throw damaged(`tensor ${name} is ${dtype}, expected ${precisions.join(' or ')}`)
  // copied by the constructor: of a Buffer, slice() would be a view and .buffer the whole file
  for (const { name, dtype, shape, from, to } of spans) {
    const { buffer } = new Uint8Array(bytes.subarray(start + from, start + to))
    tensors[name] = {
      shape,
      values:
        dtype === 'F32' ? new Float32Array(buffer) : new Float32Array(new Float16Array(buffer)),
    }
  }
  return { header, tensors }
}

/**
 * What a safetensors file of `size` bytes holds; `bytes` need not go further than its header.
 * Tensors lie one behind the other without holes up to the end of the file, each as long as its
 * shape says, and no key stands twice.
 */
export function readHeader(
  bytes: Uint8Array,
  size: number = bytes.length,
): { header: Record<string, unknown>; start: number; spans: Span[] } {
  const start = 8 + headerLength(bytes, size)
  const text = new TextDecoder().decode(bytes.subarray(8, start))
  const header = parsedJson(text)
  const repeated = repeatedKey(text)
  if (repeated !== null)
    throw damaged(`its header has ${JSON.stringify(repeated.slice(0, 80))} twice`)
  const entries = Object.entries(header).filter(([name]) => name !== '__metadata__')
  const spans = entries.map(([name, entry]) => span(name, entry))
  let end = 0
  for (const { from, to, name } of [...spans].sort((a, b) => a.from - b.from)) {
    if (from !== end) throw damaged(`tensor ${name} starts at ${from}, expected ${end}`)
    end = to
  }
  if (start + end !== size)
    throw damaged(`its tensors take ${end} bytes, the file has ${size - start} for them`)
  return { header, start, spans }
}

/** The length of the JSON header, held against the file's. */
export function headerLength(bytes: Uint8Array, size: number): number {
  if (size < 8 || bytes.length < 8) throw damaged(`expected at least 8 bytes, found ${size}`)
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true)
  if (length > BigInt(Math.min(MAXIMUM_HEADER, size - 8)))
    throw damaged(`its header says ${length} bytes, the file has ${size}`)
  return Number(length)
}

function span(name: string, entry: unknown): Span {
  const {
    dtype,
    shape,
    data_offsets: offsets,
  } = (entry ?? {}) as { dtype?: unknown; shape?: unknown; data_offsets?: unknown }
  const counts = (value: unknown): value is number[] =>
    Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0)
  // assigned to an object by this name, a tensor would become its prototype and be gone
  if (name === '__proto__') throw damaged('a tensor is called __proto__')
  if (typeof dtype !== 'string' || !Object.hasOwn(ELEMENT_BYTES, dtype))
    throw damaged(`tensor ${name} is ${String(dtype)}, expected F32`)
  if (!counts(shape) || !counts(offsets) || offsets.length !== 2)
    throw damaged(`tensor ${name} has no proper shape and offsets`)
  const [from, to] = offsets as [number, number]
  const expected = shape.reduce((product, side) => product * side, ELEMENT_BYTES[dtype]!)
  if (to - from !== expected)
    throw damaged(`tensor ${name} has ${to - from} bytes, its shape needs ${expected}`)
  return { name, dtype, shape, from, to }
}

function parsedJson(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>
  } catch {
    // falls through to the error below
  }
  throw damaged('its header is not a JSON object')
}

function damaged(found: string): StudioError {
  return new StudioError(
    'damaged-checkpoint',
    `The checkpoint file is damaged: ${found}. An earlier checkpoint is used where there is one.`,
  )
}
