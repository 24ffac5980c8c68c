// Programs that XLA kept: only those are left for it that are as they were when they were compiled.
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
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
  const folder = /--tf_xla_persistent_cache_directory=(\S+)$/.exec(process.env['TF_XLA_FLAGS'] ?? '')![1]!
  return { folder, seal: sealPrograms }
}

const programs = (folder: string) => readdirSync(folder).filter((name) => name.endsWith('.pb'))

it('a sealed program stays, one without a seal or with another byte goes', async () => {
  const { folder, seal } = await opened()
  for (const name of ['whole', 'flipped', 'cut']) writeFileSync(join(folder, `xla_compile_cache__${name}.pb`), 'machine code')
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

it('the newest few are kept', async () => {
  const { folder, seal } = await opened()
  for (let index = 0; index < 40; index++) writeFileSync(join(folder, `xla_compile_cache__${index}.pb`), String(index))
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
