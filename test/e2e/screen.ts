// What a person sees, as values a test can compare: pixels of canvases, how far a drawn curve
// reaches, the state in the head of a run; and pictures of a screen in both sizes and both themes,
// with what axe finds on it.
import { join, resolve } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import { expect, type Locator, type Page } from './studio.ts'

/**
 * With LATENT_PICTURES=1, pictures of every screen for people to look at: no test reads them, and
 * each takes time.
 */
const folder =
  process.env['LATENT_PICTURES'] === '1'
    ? resolve(import.meta.dirname, '../../out/screenshots')
    : undefined
const large = { width: 1440, height: 900 }
const small = { width: 800, height: 600 }

export interface Moment {
  status: string
  step: number
  /** Right end of the curve in the timeline, device pixels; -1 while there is none. */
  reach: number
  /** Fingerprints of the pixels. */
  manifold: number
  charts: number[]
}

export const statusOf = (page: Page) => page.locator('header .status')
export const timeline = (page: Page) => page.getByRole('slider', { name: 'Timeline of training' })
export const manifold = (page: Page) =>
  page.getByRole('img', { name: 'Manifold of the model' }).locator('canvas')

/** The step that the bar in a run's head tells. */
export async function stepOf(page: Page): Promise<number> {
  return Number(
    await page
      .getByRole('progressbar', { name: 'Progress of training' })
      .getAttribute('aria-valuenow'),
  )
}

/** A number that differs when a 2D canvas shows something else; 0 while it is not there. */
export async function fingerprint(canvas: Locator): Promise<number> {
  if ((await canvas.count()) === 0) return 0
  return canvas.evaluate((element: HTMLCanvasElement) => {
    const { data } = element.getContext('2d')!.getImageData(0, 0, element.width, element.height)
    const words = new Uint32Array(data.buffer)
    let hash = 0x811c9dc5 // FNV-1a, on pixels for bytes
    for (const word of words) hash = Math.imul(hash ^ word, 0x01000193)
    return hash >>> 0
  })
}

/**
 * How far right the curve of series `colour` is drawn in the timeline, whose axis stands still; -1
 * for nowhere.
 */
export async function reachOf(page: Page, colour = 0): Promise<number> {
  return timeline(page)
    .locator('canvas')
    .evaluate((element: HTMLCanvasElement, token: string) => {
      const one = new OffscreenCanvas(1, 1).getContext('2d')!
      one.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(token).trim()
      one.fillRect(0, 0, 1, 1)
      const [r = 0, g = 0, b = 0] = one.getImageData(0, 0, 1, 1).data
      const { width, height } = element
      const { data } = element.getContext('2d')!.getImageData(0, 0, width, height)
      const like = (at: number) =>
        data[at + 3]! > 200 &&
        Math.abs(data[at]! - r) + Math.abs(data[at + 1]! - g) + Math.abs(data[at + 2]! - b) < 24
      for (let x = width - 1; x >= 0; x--)
        for (let y = 0; y < height; y++) if (like(4 * (y * width + x))) return x
      return -1
    }, `--series-${colour}`)
}

/** The run's page at this moment. */
export async function momentOf(page: Page): Promise<Moment> {
  const plots = await page
    .getByRole('region', { name: 'Loss', exact: true })
    .locator('.uplot canvas')
    .all()
  return {
    status: await statusOf(page).innerText(),
    step: await stepOf(page),
    reach: await reachOf(page),
    manifold: await fingerprint(manifold(page)),
    charts: await Promise.all(plots.map(fingerprint)),
  }
}

/** What axe calls serious or critical on this screen, one line each. */
async function seriousFaults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, help, nodes }) =>
      nodes.map(({ html }) => `${id}: ${help}: ${html.slice(0, 160)}`),
    )
}

/**
 * Shows the screen in both sizes and themes, and keeps pictures where wanted; axe looks small and
 * dark, large and light.
 */
export async function keepPictures(page: Page, name: string, { axe = true } = {}): Promise<void> {
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await expect(page.locator('html')).toHaveAttribute('data-theme', colorScheme)
    for (const size of colorScheme === 'dark' ? [large, small] : [small, large]) {
      await page.setViewportSize(size)
      if (folder !== undefined)
        await page.screenshot({ path: join(folder, `${name}-${size.width}-${colorScheme}.png`) })
    }
    if (axe) expect(await seriousFaults(page), `${name}, ${colorScheme}`).toEqual([])
  }
  await page.emulateMedia({ reducedMotion: null })
}
