// Reader of IDX, the format of MNIST: two zero bytes, element type, rank, one big-endian uint32 per
// dimension, then the elements, last dimension fastest (http://yann.lecun.com/exdb/mnist). A file
// that is not exactly that is refused.
import { StudioError } from '../../preload/contract/errors.ts'

const unsignedByte = 0x08
const typeNames: Record<number, string> = {
  0x08: 'uint8',
  0x09: 'int8',
  0x0b: 'int16',
  0x0c: 'int32',
  0x0d: 'float32',
  0x0e: 'float64',
}
const largestRank = 4

export interface IdxArray {
  /** Sizes of the dimensions, slowest first: [N, H, W] for images, [N] for labels. */
  shape: number[]
  /** A view of the file's own bytes: product(shape) long. */
  values: Uint8Array
}

/**
 * The array in an IDX file of unsigned bytes. `what` names the file in errors; `rank` is the number
 * of dimensions it must have. Throws StudioError `bad-dataset` for a file that is too short, too
 * long, of another type or of another rank.
 */
export function parseIdx(bytes: Uint8Array, what: string, rank?: number): IdxArray {
  if (bytes.length < 4)
    throw bad(
      what,
      'an IDX file of at least 4 bytes',
      `${bytes.length} bytes`,
      'Download the file again.',
    )
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const [zero, type, dimensions] = [view.getUint16(0), view.getUint8(2), view.getUint8(3)]
  if (zero !== 0 || !typeNames[type] || dimensions < 1 || dimensions > largestRank)
    throw bad(what, 'an IDX header (00 00, type, rank)', hex(bytes), `${hint(bytes)}`)
  if (type !== unsignedByte)
    throw bad(
      what,
      'elements of type uint8',
      `${typeNames[type]}`,
      'Convert the file to unsigned bytes.',
    )
  if (rank !== undefined && dimensions !== rank)
    throw bad(
      what,
      kind(rank),
      kind(dimensions),
      'Check whether the image and label files are swapped.',
    )
  const start = 4 + 4 * dimensions
  if (bytes.length < start)
    throw bad(
      what,
      `a header of ${start} bytes`,
      `${bytes.length} bytes`,
      'The file is truncated; download it again.',
    )
  const shape = Array.from({ length: dimensions }, (_, axis) => view.getUint32(4 + 4 * axis))
  const elements = shape.reduce((product, size) => product * size, 1)
  const expected = `${start + elements} bytes for ${shape.join(' x ')} elements`
  if (bytes.length < start + elements)
    throw bad(what, expected, `${bytes.length} bytes`, 'The file is truncated; download it again.')
  if (bytes.length > start + elements)
    throw bad(
      what,
      expected,
      `${bytes.length} bytes`,
      'The file has extra bytes at the end; download it again.',
    )
  return { shape, values: bytes.subarray(start) }
}

/**
 * Images N x H x W and their labels N, held against each other. Throws `bad-dataset` when the
 * counts differ or a label is not below `classes`.
 */
export function pairIdx(
  images: IdxArray,
  labels: IdxArray,
  classes: number,
  what: string,
): { width: number; height: number; count: number } {
  const [count = 0, height = 0, width = 0] = images.shape
  if (count === 0 || height === 0 || width === 0)
    throw bad(
      what,
      'at least one image of at least one pixel',
      images.shape.join(' x '),
      'Choose another file.',
    )
  if (labels.shape[0] !== count)
    throw bad(
      what,
      `${count} labels, one for each image`,
      `${labels.shape[0]}`,
      'Use image and label files that belong together.',
    )
  const wrong = labels.values.findIndex((label) => label >= classes)
  if (wrong >= 0)
    throw bad(
      what,
      `labels from 0 to ${classes - 1}`,
      `${labels.values[wrong]} at index ${wrong}`,
      'Use the label file that belongs to these images.',
    )
  return { width, height, count }
}

function bad(what: string, expected: string, found: string, advice: string): StudioError {
  return new StudioError(
    'bad-dataset',
    `${what}: expected ${expected}, found ${found}. ${advice}`,
    {
      file: what,
      expected,
      found,
    },
  )
}

function kind(rank: number): string {
  return rank === 1
    ? 'labels (one dimension)'
    : rank === 3
      ? 'images (three dimensions)'
      : `${rank} dimensions`
}

function hex(bytes: Uint8Array): string {
  return [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
}

function hint(bytes: Uint8Array): string {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
    ? 'It is gzip-compressed; decompress it first.'
    : 'It is not an IDX file; download it again.'
}
