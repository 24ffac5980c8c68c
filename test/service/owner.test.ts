// One owner for each data folder, with real processes: races, kills, and what others are told.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { defaultDataFolder } from '../../main/service/folder.ts'
import { claimFolder, readOwner, type Claim } from '../../main/service/owner.ts'
import { processStart, startOfStat } from '../../main/service/process.ts'
import { openStore } from '../../main/store/open.ts'
import { start } from '../cli/latent.ts'
import { needing } from '../kit/needing.ts'

const info = { shell: 'cli', version: '1.2.3' } as const
const token = 'a-token-of-enough-length'

const withPermissions = needing(
  process.platform === 'win32' ? 'Windows has no such permissions' : undefined,
)

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'latent-owner-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Starts a claimant; its answer is the line that it says. */
async function claimant(
  folder: string,
  port: number,
  manner = '',
): Promise<{ child: ChildProcess; answer: Record<string, unknown> }> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'claimant.ts'), folder, String(port), manner],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  onTestFinished(() => void child.kill('SIGKILL'))
  const [line] = (await once(createInterface(child.stdout!), 'line')) as [string]
  return { child, answer: JSON.parse(line) as Record<string, unknown> }
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

function owned(claim: Claim): Extract<Claim, { kind: 'owner' }> {
  if (claim.kind !== 'owner')
    throw new Error(`expected to own the folder, found the owner ${claim.pid}`)
  onTestFinished(() => claim.release())
  return claim
}

test('the first owns, publishes and gives back; owner.json is for this user alone', async () => {
  const folder = join(temporaryFolder(), 'new')
  const claim = owned(await claimFolder(folder, info))
  expect(await readOwner(folder)).toBeNull()
  await claim.publish({ port: 4000, token })
  expect(await readOwner(folder)).toEqual({
    ...info,
    pid: process.pid,
    processStart: await processStart(process.pid),
    port: 4000,
    token,
  })
  if (process.platform !== 'win32')
    expect(statSync(join(folder, 'owner.json')).mode & 0o777).toBe(0o600)
  await claim.publish({ port: 4001, token })
  expect((await readOwner(folder))!.port).toBe(4001)
  expect(await claimFolder(folder, info)).toEqual({
    kind: 'elsewhere',
    port: 4001,
    token,
    pid: process.pid,
  })
  await claim.release()
  await claim.release()
  expect(existsSync(join(folder, 'owner.json'))).toBe(false)
  await expect(claim.publish({ port: 1, token })).rejects.toThrow('given back')
  owned(await claimFolder(folder, info))
})

// the whole way from a start: whatever makes the folder first decides whom it is for
const ways: [string, (folder: string) => Promise<unknown>][] = [
  ['a claim', (folder) => claimFolder(folder, info).then(owned)],
  ['the store', async (folder) => openStore(folder).close()],
  [
    'latent doctor',
    async (folder) => {
      const { child, finished } = start(['doctor'], {
        LATENT_STUDIO_HOME: folder,
        LATENT_STUDIO_CACHE: join(folder, '..', 'cache'),
      })
      await vi.waitFor(() => expect(existsSync(folder)).toBe(true), { timeout: 30_000 })
      child.kill('SIGKILL')
      await finished
    },
  ],
]
withPermissions.test.each(ways)(
  '%s makes a new data folder for this user alone',
  async (_, make) => {
    const folder = join(temporaryFolder(), 'new', 'data')
    const before = process.umask(0o022)
    try {
      await make(folder)
    } finally {
      process.umask(before)
    }
    expect(statSync(folder).mode & 0o777).toBe(0o700)
  },
)

test('of claimants at the same moment exactly one owns, and all others learn its address', async () => {
  const folder = temporaryFolder()
  const answers = (
    await Promise.all([1, 2, 3, 4].map((index) => claimant(folder, 4000 + index)))
  ).map(({ answer }) => answer)
  const owners = answers.filter(({ kind }) => kind === 'owner')
  expect(owners).toHaveLength(1)
  const { pid } = owners[0]!
  for (const answer of answers.filter(({ kind }) => kind !== 'owner'))
    expect(answer).toMatchObject({
      kind: 'elsewhere',
      pid,
      token: `token-of-${String(pid)}-0123456789`,
    })
})

test('a killed owner is taken over at once, its address forgotten', async () => {
  const folder = temporaryFolder()
  const { child, answer } = await claimant(folder, 4000)
  expect(await claimFolder(folder, info)).toMatchObject({
    kind: 'elsewhere',
    pid: answer['pid'],
    port: 4000,
  })
  await kill(child)
  expect(existsSync(join(folder, 'owner.json'))).toBe(true)
  expect(await readOwner(folder)).toBeNull()
  owned(await claimFolder(folder, info))
  expect(existsSync(join(folder, 'owner.json'))).toBe(false)
})

test('whoever waits for an owner that never told its address takes over when it dies', async () => {
  const folder = temporaryFolder()
  const { child } = await claimant(folder, 4000, 'silent')
  await expect(claimFolder(folder, info, 200)).rejects.toMatchObject({
    code: 'owned-elsewhere',
    message: expect.stringContaining('another folder') as string,
  })
  const waiting = claimFolder(folder, info)
  await kill(child)
  owned(await waiting)
})

test('owners that come and go never overlap', async () => {
  const folder = temporaryFolder()
  await Promise.all([1, 2, 3].map((index) => claimant(folder, 4000 + index, 'turns')))
  const lines = readFileSync(join(folder, 'turns.log'), 'utf8').trim().split('\n')
  expect(lines).toHaveLength(30)
  lines.forEach((line, index) =>
    expect(line).toBe(
      index % 2 === 0
        ? `in ${lines[index + 1]!.split(' ')[1]!}`
        : `out ${lines[index - 1]!.split(' ')[1]!}`,
    ),
  )
  owned(await claimFolder(folder, info))
})

test('a child that outlives its owner does not keep the folder', async () => {
  const folder = temporaryFolder()
  const { child, answer } = await claimant(folder, 4000, 'parent')
  onTestFinished(() => void process.kill(answer['child'] as number, 'SIGKILL'))
  await kill(child)
  expect(process.kill(answer['child'] as number, 0)).toBe(true)
  owned(await claimFolder(folder, info))
})

describe('owner.json alone proves nothing', () => {
  const planted = async (changes: object) => {
    const folder = temporaryFolder()
    const owner = {
      pid: process.pid,
      processStart: await processStart(process.pid),
      ...info,
      port: 4000,
      token,
      ...changes,
    }
    writeFileSync(join(folder, 'owner.json'), JSON.stringify(owner))
    return folder
  }

  test('a living process with another start time is a stranger', async () => {
    expect(await readOwner(await planted({}))).not.toBeNull()
    const folder = await planted({ processStart: '12345' })
    expect(await readOwner(folder)).toBeNull()
    owned(await claimFolder(folder, info))
  })

  test('rubbish is no owner', async () => {
    for (const changes of [{ port: 70_000 }, { pid: 'x' }, { token: 'short' }, { shell: 'other' }])
      expect(await readOwner(await planted(changes))).toBeNull()
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'owner.json'), '{"pid": 1')
    expect(await readOwner(folder)).toBeNull()
  })
})

test('a folder that cannot be one is a typed error', async () => {
  const file = join(temporaryFolder(), 'file')
  writeFileSync(file, 'x')
  await expect(claimFolder(file, info)).rejects.toMatchObject({ code: 'store-failed' })
  const folder = temporaryFolder()
  writeFileSync(
    join(folder, 'owner.lock'),
    'not a database, but a text that somebody put here for no good reason at all'.repeat(20),
  )
  await expect(claimFolder(folder, info)).rejects.toMatchObject({
    code: 'store-failed',
    message: expect.stringContaining('owner.lock') as string,
  })
  expect(readFileSync(file, 'utf8')).toBe('x')
})

test('a start time is the 22nd field of stat, whatever the program is called', async () => {
  const fields = Array.from({ length: 52 }, (_, index) => String(index + 1))
  expect(startOfStat(`1 (a) b) c (d) ${fields.slice(2).join(' ')}`)).toBe('22')
  expect(await processStart(process.pid)).toBe(await processStart(process.pid))
  expect(await processStart(process.pid)).not.toBeNull()
  expect(await processStart(2 ** 30)).toBeNull()
})

test('the default folder is where each system keeps a user’s data', () => {
  const on = (platform: NodeJS.Platform, environment: NodeJS.ProcessEnv = {}) =>
    defaultDataFolder(environment, platform, join('/home', 'ada'))
  expect(on('linux')).toBe(join('/home/ada/.local/share/latent-studio'))
  expect(on('linux', { XDG_DATA_HOME: '/data' })).toBe(join('/data/latent-studio'))
  expect(on('linux', { XDG_DATA_HOME: 'relative' })).toBe(
    join('/home/ada/.local/share/latent-studio'),
  )
  expect(on('darwin', { XDG_DATA_HOME: '/data' })).toBe(
    join('/home/ada/Library/Application Support/latent-studio'),
  )
  expect(on('win32', { APPDATA: join('/roaming') })).toBe(join('/roaming/latent-studio'))
  expect(on('win32')).toBe(join('/home/ada/AppData/Roaming/latent-studio'))
  expect(on('linux', { LATENT_STUDIO_HOME: '/mine', XDG_DATA_HOME: '/data' })).toBe(join('/mine'))
})
