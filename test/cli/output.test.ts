// What --out may name: existing files are kept unless --force says otherwise, links and permissions
// stay, pipes and standard output take a stream; and what a path cannot be is said by every command
// in the same words.
import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  readSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { homeFolder } from '../../main/files/home.ts'
import { defaultCacheFolder } from '../../main/runtime/cache.ts'
import { defaultDataFolder } from '../../main/service/folder.ts'
import { document, latent, start, temporaryHome } from './latent.ts'

const { home, environment, remove } = temporaryHome()
const at = (name: string) => join(home, name)
const manifold = (out: string, ...more: string[]) =>
  latent(['manifold', 'last', '--grid', '2', '--out', out, ...more], environment)
const png = Buffer.from([0x89, 0x50, 0x4e, 0x47])

beforeAll(async () => {
  const small = [
    '--encoder-layers',
    '4',
    '--decoder-layers',
    '4',
    '--steps',
    '3',
    '--backend',
    'js',
    '--frames',
    '2',
  ]
  await document(['train', ...small], environment)
  symlinkSync('loop2', at('loop1'))
  symlinkSync('loop1', at('loop2'))
})
afterAll(remove)

test('a file that is there is kept, unless --force replaces it; its permissions stay', async () => {
  writeFileSync(at('kept.png'), 'kept')
  chmodSync(at('kept.png'), 0o600)
  const refused = await manifold(at('kept.png'), '--json')
  expect(refused).toMatchObject({ code: 1 })
  expect(`${refused.stdout}${refused.stderr}`).toMatch(
    /expected a path that does not exist yet, found a file with that name\. .*--force/,
  )
  expect(readFileSync(at('kept.png'), 'utf8')).toBe('kept')
  expect(await manifold(at('kept.png'), '--force')).toMatchObject({ code: 0 })
  expect(readFileSync(at('kept.png')).subarray(0, 4)).toEqual(png)
  expect(statSync(at('kept.png')).mode & 0o777).toBe(0o600)
})

test.each([
  ['encode', 'taken.npy', ['--split', 'test']],
  ['decode', 'taken.npy', ['--input', 'codes.npy']],
  ['sample', 'taken.png', []],
  ['film', 'taken.gif', []],
  ['interpolate', 'taken.png', ['--from', '1', '--to', '2']],
  ['plane', 'taken.svg', []],
  ['sheet', 'taken.png', []],
  ['export', 'taken.onnx', []],
])('%s has the same rule', async (name, file, more) => {
  writeFileSync(at(file), 'kept')
  const { code, stderr } = await latent([name, 'last', '--out', at(file), ...more], environment)
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/found a file with that name\. .*--force/) as string,
  ])
  expect(readFileSync(at(file), 'utf8')).toBe('kept')
})

test('a link is followed and stays, also to a file that is not there yet, and in an export', async () => {
  mkdirSync(at('elsewhere'))
  for (const name of ['picture.png', 'model.onnx']) symlinkSync(`elsewhere/${name}`, at(name))
  expect(await manifold(at('picture.png'))).toMatchObject({ code: 0 })
  expect(readFileSync(at('elsewhere/picture.png')).subarray(0, 4)).toEqual(png)
  expect(await manifold(at('picture.png'), '--force')).toMatchObject({ code: 0 })
  await document(['export', 'last', '--out', at('model.onnx')], environment)
  chmodSync(at('elsewhere/model.onnx'), 0o600)
  await document(['export', 'last', '--out', at('model.onnx'), '--force'], environment)
  for (const name of ['picture.png', 'model.onnx'])
    expect(readlinkSync(at(name))).toBe(`elsewhere/${name}`)
  expect(statSync(at('elsewhere/model.onnx')).mode & 0o777).toBe(0o600)
})

test('a pipe takes a stream and stays; standard output holds the picture alone', async (context) => {
  if (process.platform === 'win32') return context.skip('Windows has no named pipes in folders')
  expect(spawnSync('mkfifo', [at('pipe.png')]).status).toBe(0)
  const reader = spawn('cat', [at('pipe.png')], { stdio: ['ignore', 'pipe', 'inherit'] })
  const pieces: Buffer[] = []
  reader.stdout.on('data', (piece: Buffer) => pieces.push(piece))
  const closed = new Promise((done) => reader.on('close', done))
  expect(await manifold(at('pipe.png'))).toMatchObject({ code: 0 })
  await closed
  await manifold(at('same.png'))
  expect(Buffer.concat(pieces)).toEqual(readFileSync(at('same.png')))
  expect(lstatSync(at('pipe.png')).isFIFO()).toBe(true)

  const script = `"${process.execPath}" apps/launch.mjs manifold last --grid 2 --out /dev/stdout > "$0" 2> "$1"; echo $?`
  const run = spawnSync('sh', ['-c', script, at('out.png'), at('err')], {
    env: { ...process.env, ...environment },
    encoding: 'utf8',
  })
  expect(run.stdout.trim()).toBe('0')
  expect(readFileSync(at('out.png'))).toEqual(readFileSync(at('same.png')))
  expect(readFileSync(at('err'), 'utf8')).toMatch(/\/dev\/stdout: 2 x 2 images/)
})

test('a pipe without a reader is waited for, and Ctrl-C ends that; so it does where the reader does not read', async (context) => {
  if (process.platform === 'win32') return context.skip('Windows has no named pipes in folders')
  expect(spawnSync('mkfifo', [at('lonely.png')]).status).toBe(0)
  const sample = () => start(['sample', 'last', '--out', at('lonely.png')], environment)
  const lonely = sample()
  await new Promise<void>((seen) => {
    let said = ''
    lonely.child.stderr!.on('data', (text: string) => {
      if ((said += text).includes('waiting for a reader')) seen()
    })
  })
  lonely.child.kill('SIGINT')
  expect(await lonely.finished).toMatchObject({
    code: 130,
    stderr: `waiting for a reader of ${at('lonely.png')}\n`,
  })

  const idle = openSync(at('lonely.png'), constants.O_RDONLY | constants.O_NONBLOCK) // reads when we say so
  const stuck = start(
    ['sample', 'last', '-n', '256', '--size', '4000', '--out', at('lonely.png')],
    environment,
  )
  const first = Buffer.alloc(4)
  while (!hasRead(idle, first)) await sleep(20)
  expect(first).toEqual(png)
  stuck.child.kill('SIGINT')
  expect(await stuck.finished).toMatchObject({ code: 130 })
  closeSync(idle)
})

/** False: nobody writes, or nothing was written yet. */
function hasRead(pipe: number, bytes: Buffer): boolean {
  try {
    return readSync(pipe, bytes) > 0
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    return false
  }
}

test('a pipe is no array to read, and is not waited for', async (context) => {
  if (process.platform === 'win32') return context.skip('Windows has no named pipes in folders')
  expect(spawnSync('mkfifo', [at('array.npy')]).status).toBe(0)
  const { code, stderr } = await latent(
    ['encode', 'last', '--input', at('array.npy'), '--out', at('codes.csv')],
    environment,
  )
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/expected an \.npy file, found something else/),
  ])
})

test('an export takes the longest name that the disk takes', async () => {
  const name = `${'é'.repeat(120)}${'n'.repeat(255 - 240 - 5)}.onnx` // 255 bytes
  await document(['export', 'last', '--out', at(name)], environment)
  await document(['export', 'last', '--out', at(name), '--force'], environment)
  expect(existsSync(at(name))).toBe(true)
  const folder = 'f'.repeat(255)
  await document(['export', 'last', '--format', 'tfjs', '--out', at(folder)], environment)
  await document(
    ['export', 'last', '--format', 'tfjs', '--out', at(folder), '--force'],
    environment,
  )
  await document(['export', 'last', '--out', at(`${'r'.repeat(248)}.latent`)], environment)
  expect(await manifold(at(`${'m'.repeat(251)}.png`))).toMatchObject({ code: 0 })
})

const long = 'n'.repeat(300)
test.each([
  [
    '--data on a loop',
    ['runs', '--data', at('loop1')],
    /--data: expected .*found links that form a loop.* Remove the link/,
  ],
  [
    '--data with a long name',
    ['runs', '--data', at(long)],
    /--data: expected .*found a name that is too long.* Choose a shorter name/,
  ],
  [
    '--out on a loop',
    ['manifold', 'last', '--out', at('loop1')],
    /--out: expected .*found links that form a loop/,
  ],
  [
    '--out below a loop',
    ['manifold', 'last', '--out', at('loop1/a.png')],
    /--out: expected .*found links that form a loop/,
  ],
  [
    '--out with a long name',
    ['manifold', 'last', '--out', at(`${long}.png`)],
    /--out: expected .*found a name that is too long/,
  ],
  [
    'an export below a loop',
    ['export', 'last', '--out', at('loop1/a.onnx')],
    /expected .*found links that form a loop/,
  ],
  [
    '--input on a loop',
    ['encode', 'last', '--out', at('z.npy'), '--input', at('loop1')],
    /links that form a loop/,
  ],
  [
    '--input with a long name',
    ['encode', 'last', '--out', at('z.npy'), '--input', at(long)],
    /a name that is too long/,
  ],
  ['an import on a loop', ['import', at('loop1')], /links that form a loop/],
  ['an import with a long name', ['import', at(long)], /a name that is too long/],
])('%s', async (_, args, wanted) => {
  const { code, stderr } = await latent(args, environment)
  expect([code, stderr]).toEqual([1, expect.stringMatching(wanted) as string])
  expect(stderr).not.toMatch(/E[A-Z]{4,}|errno/)
})

test('a current folder that was deleted does not matter, and a relative path says so', () => {
  mkdirSync(at('gone'))
  const launcher = join(import.meta.dirname, '../../apps/launch.mjs')
  const run = (args: string) =>
    spawnSync(
      'sh',
      [
        '-c',
        `mkdir -p "$1" && cd "$1" && rmdir "$1" && exec "$0" "$2" ${args}`,
        process.execPath,
        at('gone'),
        launcher,
      ],
      {
        env: { ...process.env, ...environment },
        encoding: 'utf8',
      },
    )
  expect(run('runs')).toMatchObject({ status: 0 })
  const relative = run('manifold last --out a.png')
  expect(relative.stderr).toMatch(
    /--out: expected an absolute path because the current folder was deleted, found "a\.png"/,
  )
})

test('without a HOME the system is asked, and no folder lies below the current one', () => {
  expect(
    homeFolder(
      () => '',
      () => '/home/ada',
    ),
  ).toBe('/home/ada')
  expect(
    homeFolder(
      () => 'relative',
      () => '/home/ada',
    ),
  ).toBe('/home/ada')
  expect(
    homeFolder(
      () => '/root',
      () => '/home/ada',
    ),
  ).toBe('/root')
  const unknown = () => {
    throw new Error('no such user')
  }
  expect(() => homeFolder(() => '', unknown)).toThrow(/Set HOME/)
  const script = `const { defaultDataFolder } = await import('./main/service/folder.ts')
    const { defaultCacheFolder } = await import('./main/runtime/cache.ts')
    console.log(JSON.stringify([defaultDataFolder(), defaultCacheFolder()]))`
  const env = { ...process.env, HOME: '', XDG_DATA_HOME: 'relative', XDG_CACHE_HOME: './relative' }
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    env,
    encoding: 'utf8',
  })
  for (const folder of JSON.parse(stdout) as string[])
    expect(folder).toMatch(/^([A-Z]:)?[\\/](?!.*relative)/)
  expect(defaultDataFolder({ XDG_DATA_HOME: 'relative' })).toBe(defaultDataFolder({}))
  expect(defaultCacheFolder({ XDG_CACHE_HOME: 'relative' })).toBe(defaultCacheFolder({}))
})
