// The installer against a local package index: a good install, and each way in which one goes
// wrong.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { StudioError } from '../../preload/contract/errors.ts'
import { surveyLadder } from '../../main/backends/index.ts'
import {
  installRuntime,
  type InstallProgress,
  type InstallSettings,
} from '../../main/runtime/install.ts'
import { findPython, pythonsOn } from '../../main/runtime/python.ts'
import { verifyRuntime } from '../../main/runtime/verify.ts'
import { needing } from '../kit/needing.ts'
import { fakeCompiler, startPackageServer, type PackageServer } from './index-server.ts'

const python = await findPython().catch(() => null)

let server: PackageServer
let folder: string
const downloads = (): string => path.join(folder, 'downloads')

beforeAll(async () => {
  server = await startPackageServer()
})
afterAll(() => server.close())
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'latent-install-'))
  Object.assign(server, { cutAfter: Infinity, flip: false, ranges: [] })
})
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

function settings(more: Partial<InstallSettings> = {}): InstallSettings {
  const environment = { ...server.environment, CXX: fakeCompiler(folder) }
  return { cacheFolder: folder, entry: server.entry, environment, tries: 1, ...more }
}

async function failure(more: Partial<InstallSettings> = {}): Promise<StudioError> {
  const thrown: unknown = await installRuntime(settings(more)).catch((error: unknown) => error)
  expect(thrown).toBeInstanceOf(StudioError)
  return thrown as StudioError
}

needing(python === null ? 'the installer needs Python with pip' : undefined).describe(
  'install',
  () => {
    test('unpacks what is needed, reports bytes, lists licences, and is kept', async () => {
      const seen: InstallProgress[] = []
      const info = await installRuntime(settings({ onProgress: (progress) => seen.push(progress) }))
      const names = fs.readdirSync(info.folder, { recursive: true, encoding: 'utf8' })
      expect(names).toContain('site/tensorflow/libtensorflow_cc.so.2')
      expect(names.filter((name) => /big\.py|outside|c_api\.h/.test(name))).toEqual([])
      expect(fs.existsSync(path.join(folder, 'outside.txt'))).toBe(false)
      expect(info.licences).toEqual(['licences/latent-tiny/latent_tiny-1.0.0.dist-info__LICENSE'])
      const last = seen.filter(({ stage }) => stage === 'download').at(-1)
      expect([last?.done, last?.total]).toEqual([
        server.entry.wheels[0]!.bytes,
        server.entry.wheels[0]!.bytes,
      ])
      expect(seen.map(({ stage }) => stage)).toEqual(
        expect.arrayContaining(['find', 'download', 'unpack', 'build', 'done']),
      )
      expect(fs.readdirSync(downloads())).toEqual([])
      const requests = server.ranges.length
      await installRuntime(settings()) // again: nothing to do
      expect(server.ranges.length).toBe(requests)
    })

    test('a cut download is kept and gone on with', async () => {
      server.cutAfter = 1_500_000
      const error = await failure()
      expect([error.code, error.data['reason']]).toEqual(['runtime-failed', 'no-network'])
      expect(error.message).toContain('the download continues where it stopped')
      const part = fs.statSync(path.join(downloads(), `${server.entry.wheels[0]!.file}.part`)).size
      expect(part).toBeGreaterThan(0)
      server.cutAfter = Infinity
      await installRuntime(settings())
      expect(server.ranges).toEqual([undefined, `bytes=${part}-`])
    })

    test('a cut in the middle is mended within one install', async () => {
      server.cutAfter = 1_000_000
      const onProgress = ({ stage, done }: InstallProgress): void =>
        void (stage === 'download' && done > 0 && (server.cutAfter = Infinity))
      await installRuntime(settings({ tries: 3, onProgress }))
      expect(server.ranges.filter((range) => range !== undefined).length).toBeGreaterThan(0)
    })

    test('a flipped byte in the package is refused and thrown away', async () => {
      server.flip = true
      const error = await failure()
      expect(error.data['reason']).toBe('hash-mismatch')
      expect(error.message).toContain(server.entry.wheels[0]!.file)
      expect(fs.readdirSync(downloads())).toEqual([])
    })

    test('a spoilt part of an earlier try costs one fresh download', async () => {
      fs.mkdirSync(downloads())
      fs.writeFileSync(
        path.join(downloads(), `${server.entry.wheels[0]!.file}.part`),
        Buffer.alloc(1000, 7),
      )
      await installRuntime(settings())
      expect(server.ranges).toEqual(['bytes=1000-', undefined])
    })

    test('a package that the index does not offer, and an index out of reach', async () => {
      const wheel = { ...server.entry.wheels[0]!, file: 'latent_tiny-2.0.0-py3-none-any.whl' }
      expect((await failure({ entry: { ...server.entry, wheels: [wheel] } })).data['reason']).toBe(
        'not-offered',
      )
      const environment = { ...settings().environment, PIP_INDEX_URL: 'http://127.0.0.1:1/simple/' }
      expect((await failure({ environment })).data['reason']).toBe('no-network')
    })

    test('a pip whose insides are unknown is watched from outside', async () => {
      const real = spawnSync('sh', ['-c', 'command -v python3 || command -v python'], {
        encoding: 'utf8',
      }).stdout.trim()
      fs.writeFileSync(
        path.join(folder, 'python3'),
        `#!/bin/sh\ncase "$3" in *create_command*) exit 3;; esac\nexec ${real} "$@"\n`,
        { mode: 0o755 },
      )
      const info = await installRuntime(
        settings({
          environment: { ...settings().environment, PATH: `${folder}:${process.env['PATH']}` },
        }),
      )
      await verifyRuntime(info.folder, { full: true })
      expect(fs.readdirSync(downloads())).toEqual([])
    })

    test('two installers at a time fetch once', async () => {
      const waits: string[] = []
      const onProgress = ({ stage }: InstallProgress): void =>
        void (stage === 'wait' && waits.push(stage))
      const both = await Promise.all([
        installRuntime(settings({ onProgress })),
        installRuntime(settings({ onProgress })),
      ])
      expect(both[0].folder).toBe(both[1].folder)
      expect(server.ranges).toEqual([undefined])
      expect(waits.length).toBeGreaterThan(0)
    })

    test('stopped by its signal', async () => {
      const stop = new AbortController()
      const onProgress = ({ stage }: InstallProgress): void =>
        void (stage === 'download' && stop.abort())
      expect((await failure({ signal: stop.signal, onProgress })).code).toBe('cancelled')
    })

    test('a flipped byte in an installed library is refused by name, whatever its times say, and the ladder goes on', async () => {
      const { folder: runtime } = await installRuntime(settings())
      const library = path.join(runtime, 'site/tensorflow/libtensorflow_cc.so.2')
      await verifyRuntime(runtime)
      const { atime, mtime } = fs.statSync(library)
      const bytes = fs.readFileSync(library)
      bytes[12345]! ^= 4
      fs.writeFileSync(library, bytes)
      fs.utimesSync(library, atime, mtime)
      await expect(verifyRuntime(runtime)).rejects.toThrow(
        /libtensorflow_cc\.so\.2 is not: its content/,
      )
      process.env['LATENT_STUDIO_RUNTIME'] = runtime
      try {
        const runCheck = (): Promise<{ ok: boolean; reason: string }> =>
          Promise.resolve({ ok: true, reason: 'tried' })
        const { active, ladder } = await surveyLadder({
          cacheFolder: folder,
          preference: 'auto',
          runCheck,
        })
        expect(active).toBe('wasm')
        expect(ladder.find(({ rung }) => rung === 'tensorflow')?.reason).toContain(
          'libtensorflow_cc.so.2',
        )
      } finally {
        delete process.env['LATENT_STUDIO_RUNTIME']
      }
      fs.rmSync(library)
      await expect(verifyRuntime(runtime)).rejects.toThrow(
        /libtensorflow_cc\.so\.2 is not: it is missing/,
      )
      await installRuntime(settings()) // mends it
      await verifyRuntime(runtime, { full: true })
    })

    test('a compiler that fails leaves no half runtime, and the package for the next try', async () => {
      const command = path.join(folder, 'broken-c++')
      fs.writeFileSync(
        command,
        '#!/bin/sh\n[ "$1" = --version ] && exit 0\necho "x.cc:1: error: no such thing" >&2; exit 1\n',
        {
          mode: 0o755,
        },
      )
      const error = await failure({ environment: { ...server.environment, CXX: command } })
      expect([error.data['reason'], error.message.includes('no such thing')]).toEqual([
        'build-failed',
        true,
      ])
      expect(fs.readdirSync(path.join(folder, 'runtime'))).toEqual([])
      await installRuntime(settings())
      expect(server.ranges).toEqual([undefined])
    })
  },
)

describe('Python', () => {
  const bin = (name: string) => path.join(folder, name, 'bin')

  test('of a virtual environment without pip is passed over for a later one on PATH', async (context) => {
    if (python === null) return context.skip('needs Python with pip')
    const made = spawnSync(
      python.command,
      ['-I', '-m', 'venv', '--without-pip', path.join(folder, 'venv')],
      { encoding: 'utf8' },
    )
    if (made.status !== 0)
      return context.skip(`this Python makes no virtual environments: ${made.stdout}${made.stderr}`)
    const environment = { ...server.environment, PATH: `${bin('venv')}:${process.env['PATH']}` }
    expect(pythonsOn(environment)[0]).toBe(path.join(bin('venv'), 'python3'))
    expect((await findPython(environment)).command).toBe(python.command)
    await installRuntime(settings({ environment: { ...settings().environment, ...environment } }))
  })

  test('takes nothing from the current folder or from PYTHONPATH', async (context) => {
    if (python === null) return context.skip('needs Python with pip')
    const before = process.cwd()
    for (const name of ['json.py', 'pip.py', 'os.py', 'random.py'])
      fs.writeFileSync(
        path.join(folder, name),
        `open(${JSON.stringify(path.join(folder, 'taken'))}, 'w').close()\n`,
      )
    process.chdir(folder)
    try {
      await installRuntime(
        settings({ environment: { ...settings().environment, PYTHONPATH: folder } }),
      )
    } finally {
      process.chdir(before)
    }
    expect(fs.existsSync(path.join(folder, 'taken'))).toBe(false)
  })

  test('is found behind a script that answers by the current folder, as those of pyenv do', async (context) => {
    if (python === null) return context.skip('needs Python with pip')
    fs.mkdirSync(bin('shims'), { recursive: true })
    const shim = `#!/bin/sh\n[ -e .python-version ] && { echo "version not installed" >&2; exit 127; }\nexec ${python.command} "$@"\n`
    fs.writeFileSync(path.join(bin('shims'), 'python3'), shim, { mode: 0o755 })
    fs.writeFileSync(path.join(folder, '.python-version'), '2.7\n')
    const before = process.cwd()
    process.chdir(folder)
    try {
      const found = await findPython({
        ...server.environment,
        PATH: `${bin('shims')}:/bin:/usr/bin`,
      })
      expect(found.command).toBe(path.join(bin('shims'), 'python3'))
    } finally {
      process.chdir(before)
    }
  })

  test('is listed once, whatever names lead to it, and only from absolute folders', () => {
    fs.mkdirSync(bin('a'), { recursive: true })
    fs.writeFileSync(path.join(bin('a'), 'python3.11'), '', { mode: 0o755 })
    for (const name of ['python3', 'python'])
      fs.symlinkSync('python3.11', path.join(bin('a'), name))
    fs.symlinkSync('a', path.join(folder, 'b'))
    fs.symlinkSync('nowhere', path.join(bin('a'), 'python3.12'))
    expect(pythonsOn({ PATH: `relative::${bin('a')}:${bin('b')}` })).toEqual([
      path.join(bin('a'), 'python3'),
    ])
  })
})

describe('what is missing is named before anything is fetched', () => {
  test('no Python, no pip', async () => {
    const nothing = { ...server.environment, PATH: folder }
    expect((await failure({ environment: nothing })).message).toContain(
      'no python3 and no python on PATH',
    )
    // each one on PATH with its own reason
    const put = (name: string, script: string) =>
      fs.writeFileSync(path.join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    put(
      'python3',
      "echo Traceback; echo ModuleNotFoundError: No module named \\'pip\\' >&2; exit 1",
    )
    put('python', 'echo ImportError: libpython3.so: cannot open shared object file; exit 127')
    put('python3.9', 'exit 3')
    put('python3.12', 'kill -9 $$')
    fs.mkdirSync(path.join(folder, 'python3.13'))
    const error = await failure({ environment: nothing })
    expect(error.data).toMatchObject({
      reason: 'no-pip',
      tried: [
        `${folder}/python3: it has no pip`,
        `${folder}/python: ImportError: libpython3.so: cannot open shared object file`,
        `${folder}/python3.12: it does not run (no answer)`,
        `${folder}/python3.9: it ended with code 3`,
      ],
    })
    expect(error.message).toContain('/python3: it has no pip; ')
  })

  test('no compiler', async () => {
    fs.writeFileSync(path.join(folder, 'python3'), '#!/bin/sh\necho pip 1\n', { mode: 0o755 })
    const error = await failure({ environment: { PATH: folder } })
    expect([error.data['reason'], error.message.includes('c++, g++, clang++')]).toEqual([
      'no-compiler',
      true,
    ])
  })

  test('no room', async () => {
    fs.writeFileSync(path.join(folder, 'python3'), '#!/bin/sh\necho pip 1\n', { mode: 0o755 })
    const environment = { PATH: `${folder}:/bin:/usr/bin`, CXX: fakeCompiler(folder) }
    const error = await failure({ environment, freeBytes: () => Promise.resolve(5e6) })
    expect(error.data['reason']).toBe('no-room')
    expect(error.message).toMatch(/Expected 107 MB .* found 5 MB/)
    expect(server.ranges).toEqual([])
  })
})
