// Programs that XLA kept: only those are left for it that are as they were when they were compiled.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

let cacheFolder: string
beforeEach(() => {
  cacheFolder = mkdtempSync(join(tmpdir(), 'latent-programs-'))
  vi.stubEnv('TF_XLA_FLAGS', undefined)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(cacheFolder, { recursive: true, force: true })
})

/** As another process would: the folder that XLA is told. */
async function opened(threads = 2): Promise<{ folder: string; seal(): void }> {
  vi.resetModules()
  delete process.env['TF_XLA_FLAGS']
  const { sealPrograms, useProgramCache } = await import('../../main/backends/programCache.ts')
  useProgramCache({ cacheFolder, library: 'hashes of its files', threads })
  const folder = /--tf_xla_persistent_cache_directory=(\S+)$/.exec(
    process.env['TF_XLA_FLAGS'] ?? '',
  )![1]!
  return { folder, seal: sealPrograms }
}

const programs = (folder: string) => readdirSync(folder).filter((name) => name.endsWith('.pb'))

it('a sealed program stays, one without a seal or with another byte goes', async () => {
  const { folder, seal } = await opened()
  for (const name of ['whole', 'flipped', 'cut'])
    writeFileSync(join(folder, `xla_compile_cache__${name}.pb`), 'machine code')
  seal()
  writeFileSync(join(folder, 'xla_compile_cache__flipped.pb'), 'machine cods')
  writeFileSync(join(folder, 'xla_compile_cache__cut.pb'), 'machine')
  writeFileSync(join(folder, 'xla_compile_cache__unsealed.pb'), 'of a process that was killed')
  const next = await opened()
  expect(next.folder).toBe(folder)
  expect(programs(folder)).toEqual(['xla_compile_cache__whole.pb'])
  expect(readdirSync(folder)).toHaveLength(2)
})

it('other threads have programs of their own', async () => {
  expect((await opened(2)).folder).not.toBe((await opened(1)).folder)
})

it('a program that is still used is kept before newer ones that are not', async (context) => {
  const { folder, seal } = await opened()
  for (let index = 0; index < 40; index++) {
    const file = join(folder, `xla_compile_cache__${index}.pb`)
    writeFileSync(file, String(index))
    utimesSync(file, 1_700_000_000 + index, 1_700_000_000 + index)
  }
  const oldest = join(folder, 'xla_compile_cache__0.pb')
  utimesSync(oldest, 1_600_000_000, 1_600_000_000)
  seal()
  readFileSync(oldest) // as XLA does when it loads it
  if (statSync(oldest).atimeMs < 1_700_000_000_000)
    return context.skip('this disk does not keep when a file was read')
  await opened()
  expect(programs(folder)).toHaveLength(32)
  expect(existsSync(oldest)).toBe(true)
  expect(existsSync(join(folder, 'xla_compile_cache__1.pb'))).toBe(false)
  const { atimeMs, mtimeMs } = statSync(oldest)
  for (let start = 0; start < 2; start++) await opened() // which reads it itself
  expect(statSync(oldest)).toMatchObject({ atimeMs, mtimeMs })
})

it('the programs of a combination that nobody has used for 60 days are removed, and nothing else', async () => {
  const [old, recent] = [await opened(2), await opened(4)]
  for (const { folder, seal } of [old, recent]) {
    writeFileSync(join(folder, 'xla_compile_cache__a.pb'), 'machine code')
    seal()
  }
  const other = join(cacheFolder, 'programs', 'kept')
  mkdirSync(other)
  const before = (days: number) => new Date(Date.now() - days * 86_400_000)
  for (const [folder, days] of [
    [old.folder, 61],
    [recent.folder, 59],
    [other, 61],
  ] as const)
    utimesSync(folder, before(days), before(days))
  const used = await opened(1)
  expect(
    [old.folder, recent.folder, other, used.folder].map((folder) => existsSync(folder)),
  ).toEqual([false, true, true, true])
  utimesSync(used.folder, before(61), before(61))
  await opened(1) // its own is in use from now on
  await opened(2)
  expect(existsSync(used.folder)).toBe(true)
})

it('the newest few are kept', async () => {
  const { folder, seal } = await opened()
  for (let index = 0; index < 40; index++)
    writeFileSync(join(folder, `xla_compile_cache__${index}.pb`), String(index))
  seal()
  await opened()
  expect(programs(folder)).toHaveLength(32)
})

it('a folder that cannot be made costs nothing but the programs', async () => {
  writeFileSync(join(cacheFolder, 'programs'), 'a file in its place')
  const { useProgramCache, sealPrograms } = await import('../../main/backends/programCache.ts')
  useProgramCache({ cacheFolder, library: '', threads: 1 })
  sealPrograms()
  expect(process.env['TF_XLA_FLAGS'] ?? '').toBe('')
  expect(existsSync(join(cacheFolder, 'programs'))).toBe(true)
})
