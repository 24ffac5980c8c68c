// `npm start` on a machine without a display: the address at once, one owner for a second start, an
// orderly end; and the tutorial's run with its two pictures, shortened.
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { createTerminal } from '../../apps/cli/terminal.ts'
import { storeIsEmpty, trainTutorial } from '../../apps/tutorial.ts'
import { defaultCacheFolder } from '../../main/runtime/cache.ts'
import { forkNode } from '../../main/service/launch.ts'
import { createStudio } from '../../main/studio.ts'

const root = resolve(import.meta.dirname, '../..')
const ending: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end()
})

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'latent-start-'))
  ending.push(() => rmSync(path, { recursive: true, force: true, maxRetries: 5 }))
  return path
}

interface Started {
  child: ChildProcess
  /** Resolves with the first line of stdout that fits. */
  line(pattern: RegExp): Promise<string>
  ended: Promise<number | null>
}

function start(dataFolder: string): Started {
  const args = ['apps/launch.mjs', 'start', '--no-run', '--no-runtime', '--data', dataFolder]
  const env = { ...process.env, DISPLAY: '', WAYLAND_DISPLAY: '' }
  const child = spawn(process.execPath, args, {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (piece: Buffer) => (output += piece.toString()))
  const ended = new Promise<number | null>((settle) => child.once('exit', settle))
  ending.push(() => void child.kill('SIGKILL'))
  const line = async (pattern: RegExp) => {
    const until = performance.now() + 20_000
    for (;;) {
      const found = output.split('\n').find((text) => pattern.test(text))
      if (found !== undefined) return found
      if (performance.now() > until) throw new Error(`no line like ${pattern} in: ${output}`)
      await new Promise((settle) => setTimeout(settle, 50))
    }
  }
  return { child, line, ended }
}

it('prints an address that answers, is found by a second start, and ends in order', async () => {
  const dataFolder = folder()
  const first = start(dataFolder)
  const url = (await first.line(/^Latent Studio: http/)).split(': ')[1] ?? ''

  const exchanged = await fetch(url, { redirect: 'manual' })
  const cookie = exchanged.headers.get('set-cookie')?.split(';')[0] ?? ''
  expect(exchanged.status).toBe(303)
  const page = await fetch(new URL(exchanged.headers.get('location') ?? '', url), {
    headers: { cookie },
  })
  expect(await page.text()).toContain('<div id="app">')
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")

  const second = start(dataFolder)
  expect(await second.line(/already running/)).toContain(url)
  expect(await second.ended).toBe(0)

  first.child.kill('SIGINT')
  expect(await first.ended).toBe(0)
  expect(existsSync(join(dataFolder, 'owner.json'))).toBe(false)
})

it('trains the tutorial in an empty store and leaves its picture and its film', async () => {
  const dataFolder = folder()
  const studio = await createStudio({
    dataFolder,
    cacheFolder: defaultCacheFolder(),
    fork: forkNode(),
    shell: 'cli',
  })
  ending.push(() => studio.close())
  const client = studio.connect()
  const lines: string[] = []
  const collect = { write: (text: string) => lines.push(text) }
  expect(await storeIsEmpty(client)).toBe(true)
  await trainTutorial(client, dataFolder, createTerminal(false, collect, collect), 30)
  expect(await storeIsEmpty(client)).toBe(false)

  const [run] = await client.runs.list({ deleted: false })
  expect(run).toMatchObject({ status: 'finished', step: 30 })
  const pictures = join(dataFolder, 'pictures', run?.id ?? '')
  expect(lines.join('')).toContain(join(pictures, 'manifold.png'))
  // 20 x 20 digits of 28 pixels: width and height in the PNG's header
  expect(readFileSync(join(pictures, 'manifold.png')).readUInt32BE(16)).toBe(560)
  expect(readFileSync(join(pictures, 'film.gif')).subarray(0, 6).toString()).toBe('GIF89a')
}, 90_000)
