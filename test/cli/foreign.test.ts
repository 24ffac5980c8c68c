// Training under an environment that was made for other programs, and on a native runtime that
// passed its check once and cannot be loaded any more.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { surveyLadder } from '../../main/backends/index.ts'
import { sha256 } from '../../main/files/atomic.ts'
import { defaultCacheFolder } from '../../main/runtime/cache.ts'
import { findRuntime } from '../../main/runtime/status.ts'
import { withRuntime } from '../kit/needing.ts'
import { latent, temporaryHome } from './latent.ts'

const { home, environment, remove } = temporaryHome()
const small = [
  'train',
  '--encoder-layers',
  '4',
  '--decoder-layers',
  '4',
  '--steps',
  '10',
  '--frames',
  '0',
]
const native = findRuntime('cpu', defaultCacheFolder())
afterAll(remove)

// Libraries that hold a program's words but no program, in a folder that looks like a finished
// install.
const runtime = join(home, 'runtime')
beforeAll(async () => {
  mkdirSync(runtime)
  const files = Object.fromEntries(
    ['tfjs_binding.node', 'mute.node'].map((name) => {
      const bytes = Buffer.from(`not a library: ${name}`)
      writeFileSync(join(runtime, name), bytes)
      return [name, { bytes: bytes.length, sha256: sha256(bytes) }]
    }),
  )
  const installed = {
    format: 1,
    variant: 'cpu',
    platform: 'here',
    version: '0',
    packages: [],
    licences: [],
    compiler: '',
  }
  writeFileSync(join(runtime, 'installed.json'), JSON.stringify({ ...installed, files }))
  await remembered()
})

/** What an earlier start has found and kept: every backend works. */
async function remembered(): Promise<void> {
  vi.stubEnv('LATENT_STUDIO_RUNTIME', runtime)
  const runCheck = () => Promise.resolve({ ok: true, reason: 'works' })
  const found = await surveyLadder({
    cacheFolder: environment['LATENT_STUDIO_CACHE']!,
    preference: 'auto',
    runCheck,
  })
  vi.unstubAllEnvs()
  expect(found.ladder.find(({ rung }) => rung === 'tensorflow')).toMatchObject({ ok: true })
}

const results = () => readdirSync(join(environment['LATENT_STUDIO_CACHE']!, 'checks')).length

test('a runtime that cannot be loaded any more is left for the next backend, which is said', async () => {
  const before = results()
  const run = await latent(small, { ...environment, LATENT_STUDIO_RUNTIME: runtime })
  expect(run).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/finished, 10 of 10 .* on wasm/) as string,
  })
  expect(run.stderr).toMatch(
    /The backend tensorflow could not be used: .*(invalid ELF|too short|not a|slice).*Using the next one\./,
  )
  expect(results()).toBe(before - 1) // and it is not called working any more
})

test('where it was asked for by name, the run fails with the reason', async () => {
  await remembered()
  const run = await latent([...small, '--backend', 'tensorflow'], {
    ...environment,
    LATENT_STUDIO_RUNTIME: runtime,
  })
  expect(run.code).toBe(1)
  expect(run.stderr).toMatch(
    /The backend tensorflow does not work here \(Expected the native runtime to load; found: /,
  )
  expect(run.stderr).toContain('Choose another backend, or auto')
})

withRuntime.test(
  'settings of XLA, of the loader and of a proxy that were meant for others change nothing',
  async () => {
    const libraries = join(home, 'libraries')
    mkdirSync(libraries)
    for (const name of ['libtensorflow_framework.so.2', 'libtensorflow_cc.so.2'])
      writeFileSync(join(libraries, name), '')
    const foreign = {
      XLA_FLAGS: '--xla_not_known_here=1',
      TF_XLA_FLAGS: '--tf_xla_nope=1',
      LD_LIBRARY_PATH: libraries,
      NODE_USE_ENV_PROXY: '1',
      HTTP_PROXY: 'http://127.0.0.1:9',
    }
    const run = await latent([...small, '--backend', 'tensorflow'], {
      ...environment,
      ...foreign,
      LATENT_STUDIO_CACHE: join(home, 'other-cache'),
      LATENT_STUDIO_RUNTIME: native!.folder,
    })
    expect(run).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/finished, 10 of 10 .* on tensorflow/) as string,
    })
  },
)
