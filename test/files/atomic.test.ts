// A file is there whole or not at all: faults at every step of a write, on the real disk below.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  diskLayer,
  isTemporaryName,
  sha256,
  writeAtomic,
  type FileLayer,
} from '../../main/files/atomic.ts'
import { targetOf, writeTarget } from '../../main/files/target.ts'
import { needing } from '../kit/needing.ts'

const withPermissions = needing(
  process.platform === 'win32' ? 'Windows has no such permissions' : undefined,
)

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'latent-atomic-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/**
 * Every call that the layer sees, in order; the one numbered `failAt` (from 0) fails, after half
 * its bytes where it writes. `dead`: so do all after it, as after a power loss.
 */
function failing(failAt: number, dead: boolean): { layer: FileLayer; calls: string[] } {
  const calls: string[] = []
  const step = async (
    name: string,
    work: () => Promise<void>,
    half: () => Promise<void> = async () => undefined,
  ) => {
    const index = calls.push(name) - 1
    if (index < failAt || (index > failAt && !dead)) return work()
    if (index === failAt) await half()
    throw Object.assign(new Error(`${name} failed`), { code: 'EIO' })
  }
  const layer: FileLayer = {
    async create(path, mode) {
      await step('create', async () => undefined)
      const file = await diskLayer.create(path, mode)
      return {
        write: (bytes) =>
          step(
            'write',
            () => file.write(bytes),
            () => file.write(bytes.subarray(0, bytes.length >> 1)),
          ),
        sync: () => step('sync', () => file.sync()),
        close: () =>
          step(
            'close',
            () => file.close(),
            () => file.close(),
          ).finally(() => file.close().catch(() => undefined)),
      }
    },
    rename: (from, to) => step('rename', () => diskLayer.rename(from, to)),
    syncFolder: (path) => step('syncFolder', () => diskLayer.syncFolder(path)),
    remove: (path) => step('remove', () => diskLayer.remove(path)),
  }
  return { layer, calls }
}

const pieces = [Buffer.from('the first half, '), Buffer.from('the second half')]
const whole = Buffer.concat(pieces).toString()
const order = ['create', 'write', 'write', 'sync', 'close', 'rename', 'syncFolder']

test('writes pieces in order, on the disk before the name, the folder last', async () => {
  const path = join(temporaryFolder(), 'file.bin')
  const { layer, calls } = failing(Infinity, false)
  await writeAtomic(path, pieces, { layer, mode: 0o600 })
  expect(calls).toEqual(order)
  expect(readFileSync(path, 'utf8')).toBe(whole)
  if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600)
  await writeAtomic(path, Buffer.from('new'))
  expect(readFileSync(path, 'utf8')).toBe('new')
  expect(readdirSync(join(path, '..'))).toEqual(['file.bin'])
})

withPermissions.test(
  'a replaced file keeps its permissions under any umask, and a new one has what the umask leaves',
  async () => {
    const folder = temporaryFolder()
    const kept: string[] = []
    for (const mode of [0o644, 0o600, 0o664])
      for (const umask of [0o077, 0o022]) {
        const path = join(folder, `${mode}-${umask}`)
        writeFileSync(path, 'old')
        chmodSync(path, mode)
        const before = process.umask(umask)
        await writeTarget(targetOf(path), Buffer.from('new')).finally(() => process.umask(before))
        kept.push(
          `${mode.toString(8)} ${(statSync(path).mode & 0o777).toString(8)} ${readFileSync(path, 'utf8')}`,
        )
      }
    expect(kept).toEqual(
      ['644', '600', '664'].flatMap((mode) =>
        Array.from({ length: 2 }, () => `${mode} ${mode} new`),
      ),
    )
    const before = process.umask(0o077)
    await writeTarget(targetOf(join(folder, 'fresh')), Buffer.from('new')).finally(() =>
      process.umask(before),
    )
    expect(statSync(join(folder, 'fresh')).mode & 0o777).toBe(0o600)
  },
)

describe.each([true, false])('with an old file there: %s', (old) => {
  describe.each(order.map((name, index) => [index, name] as const))(
    'call %i, %s, fails',
    (index) => {
      test.each([false, true])('and later calls too: %s', async (dead) => {
        const folder = temporaryFolder()
        const path = join(folder, 'file.bin')
        if (old) writeFileSync(path, 'old')
        const { layer } = failing(index, dead)
        await expect(writeAtomic(path, pieces, { layer })).rejects.toMatchObject({
          code: 'EIO',
          message: `${order[index]} failed`,
        })
        const renamed = order[index] === 'syncFolder'
        if (!renamed && !old) expect(existsSync(path)).toBe(false)
        else expect(readFileSync(path, 'utf8')).toBe(renamed ? whole : 'old')
        const others = readdirSync(folder).filter((name) => name !== 'file.bin')
        expect(others.every(isTemporaryName)).toBe(true)
        if (!dead) expect(others).toEqual([])
      })
    },
  )
})

test('a target that is a folder, or a folder that is missing, is an error and leaves nothing', async () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'taken'))
  await expect(writeAtomic(join(folder, 'taken'), pieces)).rejects.toThrow()
  await expect(writeAtomic(join(folder, 'missing', 'file'), pieces)).rejects.toMatchObject({
    code: 'ENOENT',
  })
  expect(readdirSync(folder)).toEqual(['taken'])
})

test('names of temporary files are told from others', () => {
  expect(isTemporaryName('.step-1.safetensors.0123456789ab.tmp')).toBe(true)
  for (const name of [
    'step.tmp',
    '.step.tmp',
    'step.0123456789ab.tmp',
    '.step.0123456789AB.tmp',
    '.bashrc',
  ])
    expect(isTemporaryName(name)).toBe(false)
})

test('sha256 of "abc" is that of FIPS 180-2', () => {
  expect(sha256(Buffer.from('abc'))).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  )
})
