// Latent codes as files: CSV for a table, npy and npz for NumPy (numpy.lib.format, version 1), as
// `latent encode` writes them.
import { zipSync } from 'fflate'
import type { CodesWork } from './saveSource.ts'

export type CodesEnding = 'csv' | 'npy' | 'npz'
const rowsAtOnce = 1000 // strings are joined in pieces: a hundred megabytes of text is no one string

export function codesBlob(work: CodesWork, ending: CodesEnding): Blob {
  if (ending === 'csv') return new Blob(codesCsv(work), { type: 'text/csv' })
  const codes = npyBytes(work.values, [
    work.values.length / (2 * work.latentSize),
    2 * work.latentSize,
  ])
  if (ending === 'npy') return new Blob([codes], { type: 'application/octet-stream' })
  const labels =
    work.labels.length > 0
      ? { 'labels.npy': npyBytes(Uint8Array.from(work.labels), [work.labels.length]) }
      : {}
  return new Blob([zipSync({ 'codes.npy': codes, ...labels }, { level: 0 })], {
    type: 'application/octet-stream',
  })
}

/**
 * One row an image; nine digits give every float32 back. The label is empty where there is none.
 */
export function codesCsv({ values, latentSize, labels, splits }: CodesWork): string[] {
  const stride = 2 * latentSize
  const names = ['mu', 'logvar'].flatMap((part) =>
    Array.from({ length: latentSize }, (_, d) => `${part}_${d + 1}`),
  )
  const pieces = [`split,index,label,${names.join(',')}\n`]
  let rows = ''
  let row = 0
  for (const { split, count } of splits)
    for (let index = 0; index < count && (row + 1) * stride <= values.length; index++, row++) {
      rows += `${split},${index},${labels[row] ?? ''}`
      for (let i = row * stride; i < (row + 1) * stride; i++)
        rows += `,${Number(values[i]!.toPrecision(9))}`
      rows += '\n'
      if (row % rowsAtOnce !== rowsAtOnce - 1) continue
      pieces.push(rows)
      rows = ''
    }
  return [...pieces, rows]
}

/** The .npy file of values in C order; product(shape) is their number. */
export function npyBytes(
  values: Float32Array | Uint8Array,
  shape: readonly number[],
): Uint8Array<ArrayBuffer> {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`
  const dict = `{'descr': '${values instanceof Uint8Array ? '|u1' : '<f4'}', 'fortran_order': False, 'shape': ${tuple}, }`
  const start = Math.ceil((10 + dict.length + 1) / 64) * 64 // elements start at a multiple of 64, as NumPy writes them
  const header = `${dict.padEnd(start - 11)}\n`
  const bytes = new Uint8Array(start + values.byteLength)
  bytes.set([
    0x93,
    ...new TextEncoder().encode('NUMPY'),
    1,
    0,
    header.length & 0xff,
    header.length >> 8,
  ])
  bytes.set(new TextEncoder().encode(header), 10)
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), start)
  return bytes
}
