// Where exports may go: what is there is never lost by accident, a failed export leaves nothing,
// and every refusal says what was expected, what was found and what to do.
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  checkDestination,
  destinationOf,
  writeDestination,
  type NamedBytes,
} from '../../main/exporters/destination.ts'
import { diskLayer, type FileLayer } from '../../main/files/atomic.ts'
import type { ExportFormat } from '../../preload/contract/exports.ts'
import { temporaryFolder } from '../store/sample.ts'

const bytes = (text: string) => Buffer.from(text)
const filesOf = (names: { main: string; card: string | null }, content = 'new'): NamedBytes[] => [
  { name: names.card ?? '', bytes: bytes(`card ${content}`) },
  { name: names.main, bytes: bytes(content) },
]

async function write(
  path: string,
  format: ExportFormat,
  options: { force?: boolean; content?: string; layer?: FileLayer } = {},
): Promise<void> {
  const { force = false, content = 'new', layer = diskLayer } = options
  const destination = destinationOf(path, format)
  await checkDestination(destination, force, temporaryFolder())
  await writeDestination(destination, filesOf(destination.names, content), force, { layer })
}

const refused = (message: RegExp) =>
  expect.objectContaining({
    code: 'bad-input',
    message: expect.stringMatching(message) as string,
  }) as Error

/** The disk, until a file of this name is to be made or renamed: then it fails with the code. */
function failing(code: string, step: 'create' | 'write' | 'rename', name: string): FileLayer {
  const fail = () => Promise.reject(Object.assign(new Error(code), { code }))
  return {
    ...diskLayer,
    async create(path, mode) {
      if (step === 'create' && path.includes(name)) return fail()
      const file = await diskLayer.create(path, mode)
      return step === 'write' && path.includes(name) ? { ...file, write: fail } : file
    },
    rename: (from, to) =>
      step === 'rename' && to.endsWith(name) ? fail() : diskLayer.rename(from, to),
  }
}

describe('a path', () => {
  it('with the ending of its format is a file, any other a folder', () => {
    expect(destinationOf('/a/m.onnx', 'onnx')).toMatchObject({
      kind: 'file',
      names: { main: 'm.onnx', card: 'm.onnx.MODEL_CARD.md' },
    })
    expect(destinationOf('/a/m', 'onnx')).toMatchObject({
      kind: 'folder',
      names: { main: 'model.onnx', card: 'MODEL_CARD.md' },
    })
    expect(destinationOf('/a/saved', 'savedmodel')).toMatchObject({ kind: 'folder' })
  })

  it.each([
    ['m.onnx', 'onnx', /absolute/],
    ['/a/m.npz', 'onnx', /ending in \.onnx/],
    ['/a/m.onnx', 'tfjs', /name of a new folder/],
    ['/a/model.json', 'tfjs', /name of a new folder/],
    ['/', 'tfjs', /root folder/],
    ['/a\0.onnx', 'onnx', /absolute/],
  ] as const)('%j for %s is refused', (path, format, message) => {
    expect(() => destinationOf(path, format)).toThrow(refused(message))
  })

  it('inside the data folder is refused, through a link too', async () => {
    const [data, elsewhere] = [temporaryFolder(), temporaryFolder()]
    mkdirSync(join(data, 'runs'))
    symlinkSync(join(data, 'runs'), join(elsewhere, 'link'))
    for (const path of [
      join(data, 'runs', 'm.onnx'),
      join(data, '..m.onnx'),
      join(elsewhere, 'link', 'm.onnx'),
      data,
    ])
      await expect(checkDestination(destinationOf(path, 'onnx'), true, data)).rejects.toThrow(
        refused(/outside the data folder/),
      )
    await checkDestination(destinationOf(join(elsewhere, 'm.onnx'), 'onnx'), false, data)
  })
})

describe('a file', () => {
  it('is written with its card beside it; an existing one only with force', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'm.onnx')
    await write(path, 'onnx')
    expect(readdirSync(folder).sort()).toEqual(['m.onnx', 'm.onnx.MODEL_CARD.md'])
    await expect(write(path, 'onnx', { content: 'newer' })).rejects.toThrow(
      refused(/m\.onnx: expected a path that does not exist yet, found a file.*--force/),
    )
    expect(readFileSync(path, 'utf8')).toBe('new')
    await write(path, 'onnx', { content: 'newer', force: true })
    expect(readFileSync(path, 'utf8')).toBe('newer')
    expect(readdirSync(folder)).toHaveLength(2)
  })

  it("does not take the place of a folder, or of somebody's card", async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'm.onnx'))
    await expect(write(join(folder, 'm.onnx'), 'onnx', { force: true })).rejects.toThrow(
      refused(/found a folder with that name/),
    )
    writeFileSync(join(folder, 'n.onnx.MODEL_CARD.md'), 'mine')
    await expect(write(join(folder, 'n.onnx'), 'onnx')).rejects.toThrow(refused(/MODEL_CARD/))
    expect(readFileSync(join(folder, 'n.onnx.MODEL_CARD.md'), 'utf8')).toBe('mine')
  })

  it.each(['load_in_pytorch.py', 'load_in_jax.py'])(
    'shares %s with its neighbours while it is the same, and keeps a changed one',
    async (file) => {
      const folder = temporaryFolder()
      const put = (name: string, script: string, force = false) => {
        const destination = destinationOf(join(folder, name), 'safetensors')
        const files = [{ name: file, bytes: bytes(script) }, ...filesOf(destination.names)]
        return writeDestination(destination, files, force)
      }
      await put('a.safetensors', 'one')
      await put('b.safetensors', 'one')
      const why = new RegExp(`${file}: expected a path that does not exist yet`)
      await expect(put('c.safetensors', 'two')).rejects.toThrow(refused(why))
      expect(readFileSync(join(folder, file), 'utf8')).toBe('one')
      expect(readdirSync(folder).some((name) => name.startsWith('c.'))).toBe(false)
      await put('c.safetensors', 'two', true)
      expect(readFileSync(join(folder, file), 'utf8')).toBe('two')
    },
  )

  it('in a folder that is not there, below a file, or with too long a name is refused', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'file'), '')
    await expect(write(join(folder, 'none', 'm.onnx'), 'onnx')).rejects.toThrow(
      refused(/no such folder\. Create it first/),
    )
    await expect(write(join(folder, 'file', 'm.onnx'), 'onnx')).rejects.toThrow(
      refused(/found (a file where a folder should be|no such folder)/),
    )
    await expect(write(join(folder, `${'m'.repeat(300)}.onnx`), 'onnx')).rejects.toThrow(
      refused(/a name that is too long/),
    )
  })

  it.each([
    ['ENOSPC', 'write', /a full disk\. Free some space/],
    ['EDQUOT', 'write', /quota/],
    ['EROFS', 'create', /a read-only disk/],
    ['EACCES', 'create', /no permission\. Change the permissions/],
    ['EIO', 'rename', /expected a place that can be written to, found a disk that failed/],
  ] as const)('leaves nothing behind after %s', async (code, step, message) => {
    const folder = temporaryFolder()
    await expect(
      write(join(folder, 'm.onnx'), 'onnx', { layer: failing(code, step, 'm.onnx') }),
    ).rejects.toThrow(refused(message))
    // the main file comes last: its card was there already and has gone again
    await expect(
      write(join(folder, 'n.onnx'), 'onnx', { layer: failing(code, 'rename', 'n.onnx') }),
    ).rejects.toThrow(refused(/n\.onnx/))
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('a folder', () => {
  it('is replaced with force only when it holds nothing but an export', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'web')
    const put = (content: string, force = false, layer?: FileLayer) => {
      const destination = destinationOf(path, 'tfjs')
      const files = ['MODEL_CARD.md', 'weights.bin', 'model.json'].map((name) => ({
        name,
        bytes: bytes(content),
      }))
      return checkDestination(destination, force, temporaryFolder()).then(() =>
        writeDestination(destination, files, force, layer ? { layer } : {}),
      )
    }
    await put('one')
    await expect(put('two')).rejects.toMatchObject({
      message: expect.stringMatching(/found a folder with that name/),
      data: { reason: 'EEXIST' },
    })
    await put('two', true)
    expect(readFileSync(join(path, 'model.json'), 'utf8')).toBe('two')
    await expect(put('three', true, failing('ENOSPC', 'write', 'weights.bin'))).rejects.toThrow(
      refused(/a full disk/),
    )
    await expect(put('three', true, failing('EIO', 'rename', 'web'))).rejects.toThrow(
      refused(/a disk that failed/),
    )
    expect(readFileSync(join(path, 'model.json'), 'utf8')).toBe('two')
    writeFileSync(join(path, 'thesis.tex'), 'mine')
    // that nobody is offered to replace it, it is said before force is tried
    for (const force of [false, true]) {
      const error = await put('three', force).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ data: { reason: '' } })
      expect(String(error)).toMatch(/holds only an earlier export, found also "thesis\.tex"/)
    }
    expect(readdirSync(folder)).toEqual(['web'])
    expect(readdirSync(path).sort()).toEqual([
      'MODEL_CARD.md',
      'model.json',
      'thesis.tex',
      'weights.bin',
    ])
  })

  it('does not take the place of a file', async () => {
    const path = join(temporaryFolder(), 'web')
    writeFileSync(path, 'mine')
    await expect(write(path, 'tfjs', { force: true })).rejects.toThrow(
      refused(/found a file with that name/),
    )
    expect(readFileSync(path, 'utf8')).toBe('mine')
  })
})

describe('a folder that may be replaced', () => {
  it.each(['model', 'model.json', 'saved_model.pb'])(
    'holds no folder %s of somebody else',
    async (name) => {
      const path = join(temporaryFolder(), 'out')
      mkdirSync(join(path, name), { recursive: true })
      writeFileSync(join(path, name, 'thesis.txt'), 'mine')
      await expect(write(path, 'tfjs', { force: true })).rejects.toThrow(
        refused(/a folder that holds only an earlier export/),
      )
      expect(readFileSync(join(path, name, 'thesis.txt'), 'utf8')).toBe('mine')
    },
  )
})
