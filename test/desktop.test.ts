// What stands behind the window: its own studio, or a relay to the one that owns the folder
// already, and the takeover when that one has gone. The pages' ports are real MessagePorts, the
// other owner is a real loopback server.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { unzipSync } from 'fflate'
import { afterEach, expect, it } from 'vitest'
import { createDesktop, type Desktop } from '../main/desktopStudio.ts'
import { forkNode } from '../main/service/launch.ts'
import { createStudio, type StudioOptions } from '../main/studio.ts'
import type { Port } from '../main/transport/port.ts'
import { connectPort, type Client } from '../preload/contract/client.ts'
import { largestPiece } from '../preload/contract/jobs.ts'
import { archiveOf, storeRun } from './importers/storedRun.ts'
import { followed, resultOf } from './kit/job.ts'
import { temporaryStore } from './store/sample.ts'

const ending: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end()
})

function options(shell: StudioOptions['shell'], dataFolder: string): StudioOptions {
  return { dataFolder, cacheFolder: join(dataFolder, 'cache'), fork: forkNode(), shell }
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'latent-desktop-'))
  ending.push(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** A desktop on a folder that a server owns already. */
async function besideAnOwner() {
  const dataFolder = folder()
  const owner = await createStudio(options('serve', dataFolder))
  ending.push(() => owner.close())
  const desktop = createDesktop(options('electron', dataFolder))
  ending.push(() => desktop.close())
  return { owner, desktop }
}

async function load(desktop: Desktop): Promise<Client> {
  const { port1, port2 } = new MessageChannel()
  await desktop.attach(port1 as unknown as Port)
  ending.push(() => port2.close())
  return connectPort(port2 as unknown as MessagePort)
}

async function readAll(updates: AsyncIterable<unknown>): Promise<number> {
  let count = 0
  for await (const _update of updates) count += 1
  return count
}

it('opens its own studio where nobody owns the folder, one for all loads', async () => {
  const desktop = createDesktop(options('electron', folder()))
  ending.push(() => desktop.close())
  const [first, second] = [await load(desktop), await load(desktop)]
  expect((await first.system.status()).shell).toBe('electron')
  expect((await second.system.status()).shell).toBe('electron')
})

it('passes its pages on to the owner, and takes over at the next load when the owner has gone', async () => {
  const { owner, desktop } = await besideAnOwner()

  const page = await load(desktop)
  expect((await page.system.status()).shell).toBe('serve')
  // binary comes over the relay whole: 32 MNIST images of 784 bytes
  const images = await page.data.images({ dataset: 'mnist', split: 'test', first: 0, count: 32 })
  const direct = await owner
    .connect()
    .data.images({ dataset: 'mnist', split: 'test', first: 0, count: 32 })
  expect(images.pixels).toEqual(direct.pixels)
  expect(images.pixels.length).toBe(32 * 784)
  await expect(page.runs.get({ run: 'absent' })).rejects.toMatchObject({ code: 'not-found' })

  const updates = await page.runs.watch()
  const lost = expect(readAll(updates)).rejects.toMatchObject({ code: 'host-failed' })
  await owner.close()
  await lost
  expect((await (await load(desktop)).system.status()).shell).toBe('electron')
})

it('passes files on in both directions, with the jobs that they are for', async () => {
  const { owner, desktop } = await besideAnOwner()
  const page = await load(desktop)
  const source = temporaryStore()
  storeRun(source, {}, 2)
  const archive = archiveOf(source)
  expect(archive.length).toBeGreaterThan(3 * largestPiece)

  const { upload } = await page.uploads.begin({ name: 'run.latent', bytes: archive.length })
  let path: string | null = null
  for (let offset = 0; path === null; offset += largestPiece) {
    const piece = new Uint8Array(archive.subarray(offset, offset + largestPiece))
    path = (await page.uploads.piece({ upload, offset, piece })).path
  }
  const { run } = await resultOf(page, { kind: 'import', path })
  const states = await followed(page, { kind: 'export', run, format: 'latent', path: null })
  const pieces: Uint8Array[] = []
  for (let offset = 0; ;) {
    const { bytes, piece } = await page.jobs.file({ job: states.at(-1)!.id, offset })
    pieces.push(piece)
    offset += piece.length
    if (offset === bytes) break
  }
  const names = (bytes: Uint8Array) => Object.keys(unzipSync(bytes)).sort()
  expect(names(Buffer.concat(pieces))).toEqual(expect.arrayContaining(names(archive)))
  expect(await page.jobs.list()).toEqual(await owner.connect().jobs.list())
  await expect(page.jobs.get({ job: 'absent' })).rejects.toMatchObject({
    code: 'not-found',
    data: { job: 'absent' },
  })
})

it('says why the folder cannot be opened', async () => {
  const desktop = createDesktop({
    ...options('electron', folder()),
    dataFolder: '/dev/null/nowhere',
  })
  const { port1, port2 } = new MessageChannel()
  ending.push(() => port2.close())
  await expect(desktop.attach(port1 as unknown as Port)).rejects.toMatchObject({
    code: 'store-failed',
  })
})
