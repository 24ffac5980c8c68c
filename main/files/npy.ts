// NumPy's .npy arrays (numpy.lib.format): magic, version, length of the header, a Python dict
// {descr, fortran_order, shape}, then the elements. Read: versions 1 to 3, little-endian float32
// and float64, uint8, C order. Written: float32 and uint8, version 1.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { StudioError } from '../../preload/contract/errors.ts'
import { fileReason } from './reason.ts'

const magic = '\x93NUMPY'
const longestHeader = 64 * 1024
const largestRank = 32 // NumPy's own limit before version 2
const kinds = { '<f4': Float32Array, '<f8': Float64Array, '|u1': Uint8Array } as const

export interface NpyArray {
  dtype: keyof typeof kinds
  /** Sizes of the dimensions, slowest first; empty for a single number. */
  shape: number[]
  /** product(shape) elements, last dimension fastest. */
  values: Float32Array | Float64Array | Uint8Array
}

/**
 * The array in an .npy file. The size that the header promises is held against the file's before
 * anything is allocated. Throws StudioError `bad-input` for a file that is missing, cut, too long,
 * or of a kind not read here.
 */
export function readNpy(path: string): NpyArray {
  const file = open(path)
  try {
    const size = fstatSync(file).size
    const { header, start } = readHeader(file, path, size)
    const { dtype, shape } = parseHeader(header, path)
    const kind = kinds[dtype]
    const elements = shape.reduce((product, side) => product * side, 1)
    const expected = start + elements * kind.BYTES_PER_ELEMENT
    if (size !== expected)
      throw bad(
        path,
        `${expected} bytes for ${describe(shape)} of ${dtype}`,
        `${size} bytes`,
        size < expected ? 'The file is truncated.' : 'The file has extra bytes at the end.',
      )
    const values = new kind(elements)
    readFully(file, new Uint8Array(values.buffer), start, path)
    return { dtype, shape, values }
  } finally {
    closeSync(file)
  }
}

/** The .npy file of values in C order. product(shape) must be the number of values. */
export function npyBytes(values: Float32Array | Uint8Array, shape: number[]): Uint8Array {
  const elements = shape.reduce((product, side) => product * side, 1)
  if (elements !== values.length)
    throw new StudioError(
      'bad-input',
      `npy: expected ${elements} values for ${describe(shape)}, found ${values.length}.`,
    )
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`
  const dict = `{'descr': '${values instanceof Uint8Array ? '|u1' : '<f4'}', 'fortran_order': False, 'shape': ${tuple}, }`
  const padding = 64 - ((10 + dict.length + 1) % 64) // elements start at a multiple of 64, as NumPy writes them
  const header = `${dict}${' '.repeat(padding % 64)}\n`
  const start = 10 + header.length
  const bytes = new Uint8Array(start + values.byteLength)
  bytes.set(Buffer.from(magic, 'latin1'))
  bytes.set([1, 0, header.length & 0xff, header.length >> 8], 6)
  bytes.set(Buffer.from(header, 'latin1'), 10)
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), start)
  return bytes
}

function open(path: string): number {
  try {
    // without waiting for whoever writes to a pipe: it is refused
    return openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    throw bad(path, 'an .npy file that can be read', fileReason(error), 'Check the path.')
  }
}

function readHeader(file: number, path: string, size: number): { header: string; start: number } {
  if (!fstatSync(file).isFile())
    throw bad(path, 'an .npy file', 'something else', 'Give the path of a file.')
  const fixed = new Uint8Array(12)
  if (size < fixed.length)
    throw bad(path, 'an .npy file', `${size} bytes`, 'Write it with numpy.save.')
  readFully(file, fixed, 0, path)
  const found = Buffer.from(fixed.subarray(0, 6)).toString('latin1')
  if (found !== magic)
    throw bad(
      path,
      'an .npy file (magic \\x93NUMPY)',
      JSON.stringify(found),
      'Write it with numpy.save.',
    )
  const version = fixed[6]!
  if (version < 1 || version > 3)
    throw bad(path, '.npy version 1, 2 or 3', `version ${version}`, 'Write it with numpy.save.')
  const view = new DataView(fixed.buffer)
  const [length, offset] =
    version === 1 ? [view.getUint16(8, true), 10] : [view.getUint32(8, true), 12]
  if (length > longestHeader || offset + length > size)
    throw bad(
      path,
      `a header within the file's ${size} bytes`,
      `${length} bytes`,
      'The file is damaged.',
    )
  const header = new Uint8Array(length)
  readFully(file, header, offset, path)
  return {
    header: Buffer.from(header).toString(version === 3 ? 'utf8' : 'latin1'),
    start: offset + length,
  }
}

function parseHeader(header: string, path: string): { dtype: NpyArray['dtype']; shape: number[] } {
  const descr = /'descr'\s*:\s*('[^']*'|\[)/.exec(header)?.[1]
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1]
  const tuple = /'shape'\s*:\s*\(((?:\s*\d+\s*,?)*)\s*\)/.exec(header)?.[1]
  if (descr === undefined || order === undefined || tuple === undefined)
    throw bad(
      path,
      'a header with descr, fortran_order and shape',
      header.trim().slice(0, 60),
      'Write it with numpy.save.',
    )
  const dtype = descr.replaceAll("'", '')
  if (!Object.hasOwn(kinds, dtype))
    throw bad(
      path,
      'float32, float64 or uint8 (<f4, <f8, |u1)',
      descr === '[' ? 'named fields' : dtype,
      'Convert it: array.astype(numpy.float32).',
    )
  if (order === 'True')
    throw bad(path, 'C order', 'Fortran order', 'Convert it: numpy.ascontiguousarray(array).')
  const shape = (tuple.match(/\d+/g) ?? []).map(Number)
  if (shape.length > largestRank || !shape.every(Number.isSafeInteger))
    throw bad(
      path,
      `at most ${largestRank} dimensions of safe sizes`,
      `(${tuple.slice(0, 40)})`,
      'The file is damaged.',
    )
  return { dtype: dtype as NpyArray['dtype'], shape }
}

// readSync may return less than asked for; a file cut while being read ends the loop with an error.
function readFully(file: number, into: Uint8Array, position: number, path: string): void {
  for (let done = 0; done < into.length;) {
    const read = readSync(file, into, done, Math.min(into.length - done, 2 ** 30), position + done)
    if (read === 0)
      throw bad(path, `${into.length} bytes at ${position}`, `${done}`, 'The file is truncated.')
    done += read
  }
}

function bad(path: string, expected: string, found: string, advice: string): StudioError {
  return new StudioError('bad-input', `${path}: expected ${expected}, found ${found}. ${advice}`, {
    file: path,
    expected,
    found,
  })
}

function describe(shape: number[]): string {
  return shape.length === 0 ? 'a single number' : shape.join(' x ')
}
