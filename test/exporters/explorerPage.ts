// An explorer page in a real browser: opened from file:// without network, its own networks asked
// for numbers.
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
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    offline: true,
  })
  const page = await context.newPage()
  const complaints: string[] = []
  const address = pathToFileURL(file).href
  page.on('console', (message) => message.type() !== 'log' && complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on(
    'request',
    (request) => request.url() !== address && complaints.push(`asked for ${request.url()}`),
  )
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
    for (const name of ['mu', 'logvar', 'pixels'] as const)
      for (const value of part[name]) found[name].push(value)
  }
  return found
}

// Runs in the page: nothing from above can be seen there.
function computed({ rows, pixels }: { rows: number[]; pixels: number }): {
  mu: number[]
  logvar: number[]
  pixels: number[]
} {
  const { encode, decode } = (
    globalThis as unknown as {
      explorer: Record<'encode' | 'decode', (x: Float32Array) => Float64Array>
    }
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

/**
 * Draws a seven on the page's pad: the picture that the page made of it (grey, 0 to 255), and where
 * its cursor went.
 */
export async function drawSeven(page: Page): Promise<{ picture: number[]; point: number[] }> {
  await page.getByRole('button', { name: 'Draw', exact: true }).click()
  const pad = page.getByRole('application', { name: /Drawing pad/ })
  await pad.scrollIntoViewIfNeeded()
  const box = (await pad.boundingBox())!
  const to = (x: number, y: number) =>
    page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: 6 })
  await to(0.25, 0.25)
  await page.mouse.down()
  await to(0.75, 0.25)
  await to(0.45, 0.85)
  await page.mouse.up()
  await page.getByText('your drawing').waitFor()
  return page.evaluate(shownDrawing)
}

// Runs in the page, two frames later: what came with the last pointer event is drawn then.
async function shownDrawing(): Promise<{ picture: number[]; point: number[] }> {
  for (let frame = 0; frame < 3; frame++) await new Promise((next) => requestAnimationFrame(next))
  const canvas = document.querySelector<HTMLCanvasElement>('.original canvas')!
  const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
  const { point } = (globalThis as unknown as { explorer: { point(): number[] } }).explorer
  return {
    picture: Array.from({ length: canvas.width * canvas.height }, (_, at) => data[4 * at]!),
    point: point(),
  }
}

/** Mean grey, 0 to 1, of each tile that the plane shows, row by row. Runs in the page. */
export function tileMeans(side: number): number[] {
  const canvas = document.querySelector<HTMLCanvasElement>('canvas.plane')!
  const copy = new OffscreenCanvas(canvas.width, canvas.height)
  const context = copy.getContext('2d', { willReadFrequently: true })!
  context.drawImage(canvas, 0, 0)
  const [wide, high] = [canvas.width / side, canvas.height / side]
  return Array.from({ length: side * side }, (_, at) => {
    const [column, row] = [at % side, Math.floor(at / side)]
    const { data } = context.getImageData(
      Math.round(column * wide),
      Math.round(row * high),
      Math.floor(wide),
      Math.floor(high),
    )
    let sum = 0
    for (let pixel = 0; pixel < data.length; pixel += 4) sum += data[pixel]!
    return sum / (data.length / 4) / 255
  })
}

/**
 * The plane's lightest red around the place that part of its width and height from its corner. Runs
 * in the page.
 */
export function lightestInPlane(part: number): number {
  const canvas = document.querySelector<HTMLCanvasElement>('canvas.plane')!
  const copy = new OffscreenCanvas(canvas.width, canvas.height)
  const context = copy.getContext('2d', { willReadFrequently: true })!
  context.drawImage(canvas, 0, 0)
  const { data } = context.getImageData(
    Math.round(part * canvas.width) - 2,
    Math.round(part * canvas.height) - 2,
    5,
    5,
  )
  return Math.max(...data.filter((_, at) => at % 4 === 0))
}
