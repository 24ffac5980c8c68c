// An explorer page in a real browser: opened from file:// without network, its own networks asked for numbers.
import { pathToFileURL } from 'node:url'
import { chromium, type Browser, type Page } from '@playwright/test'

export interface OpenPage {
  page: Page
  version: string
  /** What the page complained about, and every request but that of the file itself. */
  complaints: string[]
  close(): Promise<void>
}

export async function openPage(
  executablePath: string,
  file: string,
  options: { width?: number; height?: number; dark?: boolean } = {},
): Promise<OpenPage> {
  const browser: Browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  const { width = 1440, height = 900, dark = false } = options
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: dark ? 'dark' : 'light', offline: true })
  const page = await context.newPage()
  const complaints: string[] = []
  const address = pathToFileURL(file).href
  page.on('console', (message) => message.type() !== 'log' && complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => request.url() !== address && complaints.push(`asked for ${request.url()}`))
  page.on('dialog', (dialog) => {
    complaints.push(`dialog ${dialog.message()}`)
    void dialog.dismiss()
  })
  await page.goto(address)
  return { page, version: browser.version(), complaints, close: () => browser.close() }
}

/** x: count x pixels. Codes by the page's encoder, pixels by its decoder from the mean. */
export async function numbersOf(
  page: Page,
  x: Float32Array,
  pixels: number,
): Promise<{ mu: number[]; logvar: number[]; pixels: number[] }> {
  const found = { mu: [] as number[], logvar: [] as number[], pixels: [] as number[] }
  for (let from = 0; from < x.length; from += 50 * pixels) {
    const rows = Array.from(x.subarray(from, from + 50 * pixels))
    const part = await page.evaluate(computed, { rows, pixels })
    for (const name of ['mu', 'logvar', 'pixels'] as const) for (const value of part[name]) found[name].push(value)
  }
  return found
}

// Runs in the page: nothing from above can be seen there.
function computed({ rows, pixels }: { rows: number[]; pixels: number }): { mu: number[]; logvar: number[]; pixels: number[] } {
  const { encode, decode } = (
    globalThis as unknown as { explorer: Record<'encode' | 'decode', (x: Float32Array) => Float64Array> }
  ).explorer
  const found = { mu: [] as number[], logvar: [] as number[], pixels: [] as number[] }
  for (let at = 0; at < rows.length; at += pixels) {
    const codes = Array.from(encode(Float32Array.from(rows.slice(at, at + pixels))))
    const mu = codes.slice(0, codes.length / 2)
    found.mu.push(...mu)
    found.logvar.push(...codes.slice(codes.length / 2))
    found.pixels.push(...decode(Float32Array.from(mu)))
  }
  return found
}
