// .npy files against the published format (numpy.lib.format): the expected bytes were written by
// NumPy 2.4.6.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { npyBytes, readNpy } from '../../main/files/npy.ts'
import { StudioError } from '../../preload/contract/errors.ts'

const folder = mkdtempSync(join(tmpdir(), 'latent-npy-'))
afterAll(() => rmSync(folder, { recursive: true }))

const spaces = (count: number) => '20'.repeat(count)
const head = (length: string) => `934e554d505901${length}`
// numpy.save(file, numpy.array([[0, 0.5, -1], [2, 3, 4]], dtype='<f4'))
const dict =
  '7b276465736372273a20273c6634272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a2028322c2033292c207d20'
const float32 = `${head('007600')}${dict}${spaces(57)}0a000000000000003f000080bf000000400000404000008040`
// numpy.save(file, numpy.array([1.5, -2], dtype='<f8'))
const float64 = `${head('007600')}7b276465736372273a20273c6638272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a2028322c292c207d20${spaces(59)}0a000000000000f83f00000000000000c0`
// numpy.lib.format.write_array(file, numpy.array([[1, 2], [255, 0]], dtype='|u1'), version=(2, 0))
const uint8 = `934e554d5059020074000000${'7b276465736372273a20277c7531272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a2028322c2032292c207d20'}${spaces(55)}0a0102ff00`

function written(bytes: Uint8Array): string {
  const path = join(folder, 'array.npy')
  writeFileSync(path, bytes)
  return path
}

function withHeader(header: string, data = new Uint8Array(0)): Uint8Array {
  const length = Buffer.alloc(2)
  length.writeUInt16LE(header.length)
  return Buffer.concat([
    Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
    length,
    Buffer.from(header, 'latin1'),
    data,
  ])
}

test('reads what NumPy wrote: float32, float64 and version 2 of uint8', () => {
  expect(readNpy(written(Buffer.from(float32, 'hex')))).toEqual({
    dtype: '<f4',
    shape: [2, 3],
    values: Float32Array.of(0, 0.5, -1, 2, 3, 4),
  })
  expect(readNpy(written(Buffer.from(float64, 'hex')))).toEqual({
    dtype: '<f8',
    shape: [2],
    values: Float64Array.of(1.5, -2),
  })
  expect(readNpy(written(Buffer.from(uint8, 'hex')))).toEqual({
    dtype: '|u1',
    shape: [2, 2],
    values: Uint8Array.of(1, 2, 255, 0),
  })
})

test('writes what NumPy would have written, byte for byte', () => {
  expect(Buffer.from(npyBytes(Float32Array.of(0, 0.5, -1, 2, 3, 4), [2, 3])).toString('hex')).toBe(
    float32,
  )
})

test('what is written is read again, whatever the length of the shape', () => {
  for (const shape of [
    [0, 4],
    [1],
    [7, 784],
    [1, 2, 3, 1, 2, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
  ]) {
    const values = Float32Array.from(
      { length: shape.reduce((product, side) => product * side, 1) },
      (_, index) => index / 3,
    )
    const bytes = npyBytes(values, shape)
    expect((bytes.length - values.byteLength) % 64).toBe(0)
    expect(readNpy(written(bytes))).toEqual({ dtype: '<f4', shape, values })
  }
  expect(() => npyBytes(new Float32Array(5), [2, 3])).toThrow(
    /expected 6 values for 2 x 3, found 5/,
  )
})

describe('refuses, as bad input', () => {
  const good = Buffer.from(float32, 'hex')
  const cases: [string, Uint8Array, RegExp][] = [
    ['an empty file', new Uint8Array(0), /found 0 bytes/],
    ['another format', Buffer.from('\x89PNG\r\n\x1a\n--------', 'latin1'), /magic/],
    [
      'a cut file',
      good.subarray(0, good.length - 1),
      /expected 152 bytes for 2 x 3 of <f4, found 151 bytes. The file is truncated/,
    ],
    [
      'bytes after the end',
      Buffer.concat([good, Buffer.of(0)]),
      /found 153 bytes. The file has extra bytes at the end/,
    ],
    ['a header longer than the file', good.subarray(0, 100), /header within the file's 100 bytes/],
    [
      'version 9',
      Buffer.concat([good.subarray(0, 6), Buffer.of(9), good.subarray(7)]),
      /version 9/,
    ],
    [
      'a shape that would take exabytes',
      withHeader("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999, 99999999), }\n"),
      /found \d+ bytes. The file is truncated/,
    ],
    [
      'sizes beyond safe integers',
      withHeader("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }\n"),
      /dimensions of safe sizes/,
    ],
    [
      'negative sizes',
      withHeader("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }\n"),
      /header with descr/,
    ],
    [
      'big-endian numbers',
      withHeader("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }\n", new Uint8Array(4)),
      /found >f4. Convert it/,
    ],
    [
      'Python objects',
      withHeader("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n", new Uint8Array(8)),
      /found \|O/,
    ],
    [
      'named fields',
      withHeader(
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }\n",
        new Uint8Array(4),
      ),
      /named fields/,
    ],
    [
      'Fortran order',
      withHeader("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 1), }\n", new Uint8Array(4)),
      /expected C order/,
    ],
    [
      'code in place of a dict',
      withHeader("__import__('os').system('true')\n"),
      /header with descr/,
    ],
  ]
  test.each(cases)('%s', (_name, bytes, message) => {
    let error: unknown
    try {
      readNpy(written(bytes))
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(StudioError)
    expect((error as StudioError).code).toBe('bad-input')
    expect((error as StudioError).message).toMatch(message)
  })

  test('a path without a file, and a folder', () => {
    expect(() => readNpy(join(folder, 'none.npy'))).toThrow(
      /expected an .npy file that can be read, found no such file/,
    )
    expect(() => readNpy(folder)).toThrow(/expected an .npy file, found something else/)
  })
})
