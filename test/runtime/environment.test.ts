// What reaches the processes that compute: settings meant for other programs stay behind, what CUDA
// needs goes along, no folder comes before our libraries, and a check sees what a run sees.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawn } from 'node:child_process'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { checkWith } from '../../main/backends/child.ts'
import { checkKey } from '../../main/backends/checked.ts'
import { mountOf } from '../../main/backends/mount.ts'
import {
  hostEnvironment,
  neverProxyLoopback,
  safeLibraryPath,
} from '../../main/runtime/environment.ts'
import { errorLine } from '../../main/runtime/stderr.ts'
import { forkNode } from '../../main/service/launch.ts'

const foreign = {
  XLA_FLAGS: '--xla_not_known_here=1',
  TF_XLA_FLAGS: '--tf_xla_nope=1',
  TF_ENABLE_ONEDNN_OPTS: '0',
  NVIDIA_TF32_OVERRIDE: '1',
  LD_PRELOAD: '/nowhere/libnothing.so',
  DYLD_INSERT_LIBRARIES: '/nowhere/libnothing.dylib',
  NODE_OPTIONS: '--stack-size=900',
  NODE_USE_ENV_PROXY: '1',
  HTTP_PROXY: 'http://127.0.0.1:9',
  https_proxy: 'http://127.0.0.1:9',
  PYTHONPATH: '/nowhere',
}
const needed = {
  PATH: '/usr/bin',
  HOME: '/home/somebody',
  LC_ALL: 'C.UTF-8',
  LATENT_STUDIO_RUNTIME: '/opt/runtime',
  CUDA_VISIBLE_DEVICES: '1',
  CUDA_MPS_PIPE_DIRECTORY: '/tmp/mps',
  NVIDIA_VISIBLE_DEVICES: 'all',
  TF_CPP_MIN_LOG_LEVEL: '0',
}

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'latent-environment-'))
  for (const [name, library] of Object.entries({
    tensorflow: 'libtensorflow_framework.so.2',
    cuda: 'libcudnn_ops.so.9',
    rtc: 'libnvrtc-builtins.so.12.5',
    driver: 'libcuda.so.1',
    compiler: 'libstdc++.so.6',
  })) {
    mkdirSync(join(folder, name))
    writeFileSync(join(folder, name, library), '')
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))
afterEach(() => vi.unstubAllEnvs())

test('hosts get what they need, and nothing that was meant for other programs', () => {
  expect(hostEnvironment({ ...foreign, ...needed }, 'linux')).toEqual(needed)
  expect(
    hostEnvironment({ Path: 'C:\\bin', SystemRoot: 'C:\\Windows', Xla_Flags: 'x' }, 'win32'),
  ).toEqual({
    Path: 'C:\\bin',
    SystemRoot: 'C:\\Windows',
  })
})

test('of LD_LIBRARY_PATH only the folders stay that hold no library of ours', () => {
  const at = (name: string) => join(folder, name)
  const given = ['tensorflow', 'driver', 'cuda', 'compiler', 'rtc', 'absent'].map(at).join(':')
  expect(safeLibraryPath(`${given}:relative::`)).toBe(`${at('driver')}:${at('compiler')}`)
  expect(hostEnvironment({ LD_LIBRARY_PATH: at('tensorflow') }, 'linux')).toEqual({})
  const made = hostEnvironment({ LD_LIBRARY_PATH: given }, 'linux')
  expect(hostEnvironment(made, 'linux')).toEqual(made)
})

test('a host and a check are started in the same environment', async () => {
  for (const [name, value] of Object.entries({ ...foreign, ...needed, PATH: process.env['PATH'] }))
    vi.stubEnv(name, value)
  const program = join(folder, 'tell.mjs')
  writeFileSync(
    program,
    'process.send({ kind: "stage", text: JSON.stringify(process.env) }, () => process.exit(0))',
  )
  const said = await new Promise<string>((resolve) =>
    forkNode(program)('trainer').onMessage((message) =>
      resolve(message.kind === 'stage' ? message.text : ''),
    ),
  )
  const check = await checkWith(
    ['-e', 'console.log(JSON.stringify({ ok: true, reason: JSON.stringify(process.env) }))'],
    20_000,
  )
  const [host, tried] = [said, check.reason].map(
    (text) => JSON.parse(text) as Record<string, string>,
  )
  delete host!['NODE_CHANNEL_FD'] // how Node's own line to a fork is found
  delete host!['NODE_CHANNEL_SERIALIZATION_MODE']
  expect(host).toEqual(hostEnvironment())
  expect(tried).toEqual(host)
})

test('a result of a check holds for one environment', () => {
  const key = () => checkKey('cuda', 'identity')
  const before = key()
  vi.stubEnv('XLA_FLAGS', '--xla_not_known_here=1') // does not reach it
  expect(key()).toBe(before)
  vi.stubEnv('CUDA_VISIBLE_DEVICES', '7')
  const hidden = key()
  expect(hidden).not.toBe(before)
  vi.stubEnv('LD_LIBRARY_PATH', join(folder, 'compiler'))
  expect(process.platform !== 'linux' || key() !== hidden).toBe(true)
})

test('the mount that holds a folder is the deepest one, and the last of several', () => {
  const table = [
    '22 1 254:0 / / rw,relatime - ext4 /dev/vda rw',
    '30 22 0:25 / /mnt/my\\040disk rw,noexec - ext4 /dev/b rw',
    '31 22 0:26 / /mnt/other rw - ext4 /dev/c rw',
    '32 22 0:27 / /mnt/other rw,noexec,nosuid - tmpfs t rw',
  ].join('\n')
  expect(mountOf('/mnt/my disk/cache', table)).toBe('rw,noexec')
  expect(mountOf('/mnt/other', table)).toBe('rw,noexec,nosuid')
  expect(mountOf('/mnt/others', table)).toBe('rw,relatime')
  expect(mountOf('/mnt', '')).toBe('')
})

// the lines are those of Node 24, TensorFlow 2.21, glibc and Chromium
test.each([
  [
    'F0000 00:00:1796063209.838030   12291 parse_flags_from_env.cc:234] Unknown flag in XLA_FLAGS: --x=1',
    'WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\nE-LINE\nI0000 00:00:17.9 1 x.cc:1] fine',
  ],
  [
    'free(): invalid pointer',
    '(node:7) [DEP0044] DeprecationWarning: The `util.isArray` API is deprecated, prone to errors. Please use `Array.isArray()` instead.\n(Use `node --trace-deprecation ...` to show where the warning was created)\nE-LINE\n',
  ],
  [
    'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
    'E-LINE\n----- Native stack trace -----\n\n 1: 0x931db0  [node]\n\n----- JavaScript stack trace -----\n\n1: /a/b.js:2:24\n2: listOnTimeout (node:internal/timers:685:17)\n',
  ],
  [
    'TypeError: x is not a function',
    '/a/b.js:1\nx()\n^\n\nE-LINE\n    at Object.<anonymous> (/a/b.js:1:1)\n\nNode.js v24.21.0\n',
  ],
  [
    '',
    'E0000 00:00:1796063079.502517 10336 cpu_aot_loader.cc:220] Loading XLA:CPU AOT result. This could lead to execution errors such as SIGILL.\n',
  ],
  ['', '(node:7) Warning: something\n[7:7/1130.123:WARNING:gpu.cc(3)] slow\n'],
])('the reason of an end is %j', (wanted, output) =>
  expect(errorLine(output.replace('E-LINE', wanted))).toBe(wanted),
)

test('a connection to this machine does not go to a proxy, and what was excepted stays so', async () => {
  const environment: NodeJS.ProcessEnv = { NO_PROXY: 'example.com localhost' }
  neverProxyLoopback(environment)
  neverProxyLoopback(environment)
  expect(environment).toEqual({ NO_PROXY: 'example.com,localhost,127.0.0.1,::1,[::1]' })
  const everything: NodeJS.ProcessEnv = { no_proxy: '*', NO_PROXY: '*' }
  neverProxyLoopback(everything)
  expect(everything).toEqual({ no_proxy: '*', NO_PROXY: '*' })

  const server = createServer((_, reply) => reply.end('here'))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const module = new URL('../../main/runtime/environment.ts', import.meta.url).href
  const script = `const ask = () => fetch(${JSON.stringify(url)}).then((reply) => reply.text(), () => 'refused')
    const { neverProxyLoopback } = await import(${JSON.stringify(module)})
    const before = await ask()
    neverProxyLoopback()
    console.log(before, await ask())`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: {
      ...process.env,
      NODE_USE_ENV_PROXY: '1',
      HTTP_PROXY: 'http://127.0.0.1:9',
      NO_PROXY: '',
      no_proxy: '',
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let said = ''
  child.stdout.on('data', (text: Buffer) => (said += text.toString()))
  await new Promise((closed) => child.on('close', closed))
  server.close()
  expect(said).toBe('refused here\n')
})
