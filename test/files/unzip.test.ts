// Archives: what we write another program reads, what another program writes we read, and what lies
// is refused before it costs anything.
import { unzipSync, zipSync } from 'fflate'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repeatedKey, strictJson } from '../../main/files/strictJson.ts'
import { openZip } from '../../main/files/unzip.ts'
import { zipWriter } from '../../main/files/zip.ts'
import { rawZip, type RawEntry } from '../importers/archives.ts'
import { temporaryFolder } from '../store/sample.ts'

const text = Buffer.from('a text that is packed '.repeat(40))
const noise = Uint8Array.from(
  { length: 700_000 },
  (_, i) => (Math.imul(i + 1, 2_654_435_761) >>> 13) & 255,
)

function stored(bytes: Uint8Array): string {
  const path = join(temporaryFolder(), 'a.zip')
  writeFileSync(path, bytes)
  return path
}

async function readAll(bytes: Uint8Array): Promise<Record<string, Buffer>> {
  const zip = openZip(stored(bytes))
  try {
    const all: Record<string, Buffer> = {}
    for (const { name, bytes: size } of zip.entries) {
      const pieces: Uint8Array[] = []
      for await (const piece of zip.pieces(name)) pieces.push(piece)
      all[name] = Buffer.concat(pieces)
      expect(all[name].length).toBe(size)
    }
    return all
  } finally {
    zip.close()
  }
}

function written(): Uint8Array {
  const pieces: Uint8Array[] = []
  const zip = zipWriter((piece) => pieces.push(Uint8Array.from(piece)))
  zip.add('text.json', text)
  zip.add('folder/zeros', new Uint8Array(1_000_000))
  zip.addPieces('folder/noise', [noise.subarray(0, 300_000), noise.subarray(300_000)])
  zip.add('empty', new Uint8Array(0))
  zip.end()
  return Buffer.concat(pieces)
}

it('what is written is read by fflate and by ourselves, the same bytes each time', async () => {
  const bytes = written()
  const expected = {
    'text.json': text,
    'folder/zeros': Buffer.alloc(1_000_000),
    'folder/noise': Buffer.from(noise),
    empty: Buffer.alloc(0),
  }
  const theirs = unzipSync(bytes)
  expect(Object.keys(theirs)).toEqual(Object.keys(expected))
  for (const [name, content] of Object.entries(expected))
    expect(Buffer.from(theirs[name]!).equals(content), name).toBe(true)
  const ours = await readAll(bytes)
  for (const [name, content] of Object.entries(expected))
    expect(ours[name]!.equals(content), name).toBe(true)
  expect(Buffer.from(written()).equals(bytes)).toBe(true)
})

it('reads what other programs write, with a comment too', async () => {
  const theirs = zipSync({ 'a.txt': text, 'b/c.bin': [noise, { level: 9 }] })
  expect((await readAll(theirs))['b/c.bin']!.equals(noise)).toBe(true)
  expect(
    (await readAll(rawZip([{ name: 'a', bytes: text, deflate: true }], { comment: 'hello' })))[
      'a'
    ]!.equals(text),
  ).toBe(true)
})

const one = (name: string | Buffer, more: Partial<RawEntry> = {}): RawEntry[] => [
  { name, bytes: text, ...more },
]
const bomb = Buffer.alloc(30_000_000)

describe('refused', () => {
  it.each<[string, RegExp, () => Uint8Array]>([
    ['leads out of the folder', /plain relative path/, () => rawZip(one('../a'))],
    ['leads out from within', /plain relative path/, () => rawZip(one('a/../../b'))],
    ['is absolute', /plain relative path/, () => rawZip(one('/etc/passwd'))],
    ['names a drive', /plain relative path/, () => rawZip(one('C:/a'))],
    ['has a backslash', /plain relative path/, () => rawZip(one('..\\a'))],
    ['has a NUL', /plain relative path/, () => rawZip(one('a\0b'))],
    ['is empty', /plain relative path/, () => rawZip(one(''))],
    ['is a folder', /plain relative path/, () => rawZip(one('a/'))],
    ['is not UTF-8', /not UTF-8/, () => rawZip(one(Buffer.from([0x61, 0xff, 0xfe])))],
    ['is there twice', /twice/, () => rawZip([...one('a'), ...one('a')])],
    ['differs in its case only', /twice/, () => rawZip([...one('Run.json'), ...one('run.JSON')])],
    ['is a symbolic link', /link/, () => rawZip(one('a', { claims: { attributes: 0xa1ff0000 } }))],
    ['is encrypted', /encrypted/, () => rawZip(one('a', { claims: { flags: 1 } }))],
    ['is packed otherwise', /method 9/, () => rawZip(one('a', { claims: { method: 9 } }))],
    ['has another name inside', /another name inside/, () => rawZip(one('a', { inside: 'b' }))],
    ['overlaps', /overlaps/, () => rawZip([...one('a'), ...one('b', { claims: { header: 0 } })])],
    [
      'lies beyond the end',
      /lies outside the file/,
      () => rawZip(one('a', { claims: { header: 900_000 } })),
    ],
    [
      'stored, lies about its size',
      /"a" has a false size/,
      () => rawZip(one('a', { claims: { bytes: 2 ** 31 } })),
    ],
    [
      'is longer than the file',
      /is not where the directory says/,
      () => rawZip(one('a', { claims: { bytes: 9000, packed: 9000 } })),
    ],
    [
      'is a bomb and says so',
      /200 times/,
      () => rawZip([{ name: 'a', bytes: bomb, deflate: true }]),
    ],
    [
      'has too many entries',
      /10001 entries/,
      () =>
        rawZip(
          Array.from({ length: 10_001 }, (_, i) => ({ name: `e${i}`, bytes: new Uint8Array(0) })),
        ),
    ],
    ['is said to have more entries', /truncated or damaged/, () => rawZip(one('a'), { count: 2 })],
    [
      'is said to have fewer entries',
      /after its last entry/,
      () => rawZip([...one('a'), ...one('b')], { count: 1 }),
    ],
    ['is cut', /end is missing/, () => rawZip(one('a')).subarray(0, -5)],
    ['is no archive', /end is missing/, () => Buffer.from('PK\x03\x04 and nothing else')],
    ['is empty', /end is missing/, () => Buffer.alloc(0)],
  ])('an entry or archive that %s', (_what, message, make) => {
    expect(() => openZip(stored(make()))).toThrow(message)
  })

  it.each<[string, RegExp, RawEntry]>([
    [
      'a bomb that lies about its size is stopped at the size that it promised',
      /more than the 4000000 bytes/,
      { name: 'a', bytes: bomb, deflate: true, claims: { bytes: 4_000_000 } },
    ],
    [
      'a shorter entry than promised',
      /expected 900/,
      { name: 'a', bytes: text, deflate: true, claims: { bytes: 900 } },
    ],
    ['another sum', /changed since/, { name: 'a', bytes: text, claims: { crc: 7 } }],
    [
      'bytes that are not deflated',
      /cannot be unpacked|bytes in its header/,
      { name: 'a', bytes: Buffer.from(noise.subarray(0, 900)), claims: { method: 8 } },
    ],
  ])('when unpacked: %s', async (_what, message, entry) => {
    await expect(readAll(rawZip([entry]))).rejects.toThrow(message)
  })
})

it('JSON with a key twice is refused at any depth, and only then', () => {
  expect(repeatedKey('{"a":1,"b":{"a":2},"c":[{"a":1},{"a":2}]}')).toBeNull()
  expect(repeatedKey('{"x":"a\\"b","y":"{\\"x\\":1}","z":"\\\\"}')).toBeNull()
  expect(repeatedKey('["a","a"]')).toBeNull()
  expect(repeatedKey('{"a":1,"b":[{"c":{},"c" : 2}]}')).toBe('c')
  expect(repeatedKey('{"a":1,"\\u0061":2}')).toBe('a')
  expect(() => strictJson('{"a":1,"a":2}', 'it')).toThrow(
    /it: expected unique keys, found "a" twice/,
  )
  expect(() => strictJson('{', 'it')).toThrow(/expected JSON/)
})

it('what a desktop adds when it packs a folder again is passed over', async () => {
  const found = await readAll(
    zipSync({
      'manifest.json': text,
      'frames/': new Uint8Array(),
      'frames/a.grey': text,
      'frames/.DS_Store': noise.subarray(0, 100),
      '.DS_Store': noise.subarray(0, 100),
      '__MACOSX/._manifest.json': noise.subarray(0, 100),
    }),
  )
  expect(Object.keys(found).sort()).toEqual(['frames/a.grey', 'manifest.json'])
})
