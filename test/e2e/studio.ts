// The ground of every browser test: a studio of its own for each test (real loopback shell, empty
// data folder), and a page whose console errors and policy violations fail the test at its end.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test as base, expect, type Locator, type Page } from '@playwright/test'

const root = resolve(import.meta.dirname, '../..')
const node = process.execPath

export interface OpenStudio {
  /** With the token: open it once, the page gets its cookie. */
  url: string
  dataFolder: string
  /** SIGKILL, as a crash would. */
  kill(): Promise<void>
}

/**
 * LATENT_PROGRAM names another `latent` to be tested instead of the sources: that of a staged or
 * installed package.
 */
function serveCommand(): [program: string, args: string[]] {
  const packed = process.env['LATENT_PROGRAM']
  return packed
    ? [packed, ['serve']]
    : [node, ['apps/launch.mjs', 'start', '--serve', '--no-run', '--no-runtime']]
}

/** Starts `npm start` without run and runtime on `dataFolder`, and waits for its address. */
export async function startStudio(
  dataFolder: string,
  extra: string[] = [],
  environment: NodeJS.ProcessEnv = {},
): Promise<OpenStudio & { end(): Promise<void> }> {
  const [program, args] = serveCommand()
  const env = { ...process.env, ...environment }
  const child = spawn(program, [...args, '--data', dataFolder, ...extra], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const gone = new Promise<void>((settle) => child.once('exit', () => settle()))
  const stop = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    await gone
  }
  let output = ''
  const url = await new Promise<string>((settle, fail) => {
    child.stdout.on('data', (piece: Buffer) => {
      output += piece.toString()
      const found = /http:\/\/\S+/.exec(output)
      if (found) settle(found[0])
    })
    void gone.then(() => fail(new Error(`the studio ended before it told its address: ${output}`)))
  })
  return { url, dataFolder, kill: () => stop('SIGKILL'), end: () => stop('SIGTERM') }
}

/** Everything the page complains about from now on; a test expects it to stay empty. */
export async function complaintsOf(page: Page): Promise<string[]> {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.text().includes('Content Security Policy'))
      complaints.push(`console: ${message.text()}`)
  })
  await page.exposeFunction('tellViolation', (text: string) => complaints.push(`policy: ${text}`))
  await page.addInitScript(() => {
    const tell = (window as unknown as { tellViolation(text: string): void }).tellViolation
    addEventListener('securitypolicyviolation', (event) =>
      tell(
        `${event.violatedDirective} ${event.blockedURI} ${event.sample} ${event.sourceFile}:${event.lineNumber}:${event.columnNumber}`,
      ),
    )
  })
  return complaints
}

export const test = base.extend<{ studio: OpenStudio; complaints: string[] }>({
  // Playwright reads the fixtures a fixture needs from this pattern
  // eslint-disable-next-line no-empty-pattern
  studio: async ({}, use) => {
    const dataFolder = mkdtempSync(join(tmpdir(), 'latent-e2e-'))
    const studio = await startStudio(dataFolder, ['--no-warm'])
    await use(studio)
    await studio.end()
    rmSync(dataFolder, { recursive: true, force: true, maxRetries: 5 })
  },
  complaints: async ({ page }, use) => {
    const complaints = await complaintsOf(page)
    await use(complaints)
    expect(complaints).toEqual([])
  },
})

export { expect, type Locator, type Page }
