// Saved files: names, tables of codes (read back by our strict npy reader, as NumPy writes them),
// GIFs by their bytes.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unzipSync } from 'fflate'
import { afterAll, expect, test } from 'vitest'
import { readNpy } from '../../../main/files/npy.ts'
import { codesBlob, codesCsv, npyBytes } from '../../../renderer/components/save/codesFile.ts'
import { fileName } from '../../../preload/contract/fileName.ts'
import { startGif } from '../../../renderer/components/save/gifFilm.ts'

const folder = mkdtempSync(join(tmpdir(), 'latent-save-'))
afterAll(() => rmSync(folder, { recursive: true }))
const read = (bytes: Uint8Array) => {
  const path = join(folder, 'array.npy')
  writeFileSync(path, bytes)
  return readNpy(path)
}

test('names hold run, step and tool in safe characters', () => {
  expect(fileName('My run: no. 2', 4200, ['plane', 'manifold'], 'png')).toBe(
    'My-run-no.-2-step-4200-plane-manifold.png',
  )
  expect(fileName('../../etc/passwd', null, ['film', ''], 'gif')).toBe('etc-passwd-film.gif')
  expect(fileName('con <>:"/\\|?*\0', 0, ['plane'], 'svg')).toBe('con-step-0-plane.svg')
  expect(fileName('The tutorial’s VAE', null, ["it's"], 'png')).toBe('The-tutorials-VAE-its.png')
  expect(fileName('///', null, ['film'], 'mp4')).toBe('run-film.mp4')
  expect(fileName('Läufe – β=4', 1, ['plane'], 'png')).toBe('Läufe-β-4-step-1-plane.png')
  expect(fileName('x'.repeat(500), 1, ['plane'], 'png').length).toBeLessThan(90)
})

const work = {
  values: Float32Array.from({ length: 12 }, (_, i) => (i - 5) / 3),
  latentSize: 2,
  labels: [7, 0, 3],
  splits: [
    { split: 'validation', count: 2 },
    { split: 'train', count: 5 },
  ] as const,
}

test('CSV gives every float32 back, with split, index and label', () => {
  const [head, ...rows] = codesCsv(work).join('').trimEnd().split('\n')
  expect(head).toBe('split,index,label,mu_1,mu_2,logvar_1,logvar_2')
  expect(rows.map((row) => row.split(',').slice(0, 3).join())).toEqual([
    'validation,0,7',
    'validation,1,0',
    'train,0,3',
  ])
  expect(Float32Array.from(rows.flatMap((row) => row.split(',').slice(3).map(Number)))).toEqual(
    work.values,
  )
  expect(codesCsv({ ...work, labels: [] })[1]).toMatch(/^validation,0,,/)
})

test('CSV of many rows comes in pieces and loses none', () => {
  const values = new Float32Array(2 * 2500)
  const pieces = codesCsv({
    values,
    latentSize: 1,
    labels: [],
    splits: [{ split: 'test', count: 9000 }],
  })
  expect(pieces.length).toBeGreaterThan(3)
  expect(pieces.join('').trimEnd().split('\n')).toHaveLength(2501)
})

test('npy and npz hold the codes and the labels', async () => {
  for (const shape of [[3, 4], [12]])
    expect(read(npyBytes(work.values, shape))).toEqual({ dtype: '<f4', shape, values: work.values })
  const parts = unzipSync(new Uint8Array(await codesBlob(work, 'npz').arrayBuffer()))
  expect(read(parts['codes.npy']!).shape).toEqual([3, 4])
  expect([...read(parts['labels.npy']!).values]).toEqual([7, 0, 3])
  expect(
    Object.keys(
      unzipSync(new Uint8Array(await codesBlob({ ...work, labels: [] }, 'npz').arrayBuffer())),
    ),
  ).toEqual(['codes.npy'])
})

test('a grey film writes only what changed, for ever again', async () => {
  const picture = (grey: (i: number) => number) => ({
    width: 40,
    height: 30,
    rgba: Uint8ClampedArray.from({ length: 40 * 30 * 4 }, (_, i) =>
      i % 4 === 3 ? 255 : grey(i >> 2),
    ),
  })
  const noise = (i: number) => (i * 7919) % 256
  const sizeOf = async (frames: number) => {
    const gif = startGif(40, 30, true)
    for (let at = 0; at < frames; at++) void gif.add(picture(noise), 100)
    return (await gif.finish()).size
  }
  const [one, ten] = [await sizeOf(1), await sizeOf(10)]
  expect(ten - one).toBeLessThan(one) // nine frames that repeat the first
  const gif = startGif(40, 30, true)
  void gif.add(picture(noise), 100)
  const bytes = Buffer.from(await (await gif.finish()).arrayBuffer())
  expect(bytes.subarray(0, 6).toString()).toBe('GIF89a')
  expect([bytes.readUInt16LE(6), bytes.readUInt16LE(8)]).toEqual([40, 30])
  expect(bytes.includes('NETSCAPE2.0')).toBe(true)
  expect(() => startGif(70_000, 10, true)).toThrow(/65535/)
})
