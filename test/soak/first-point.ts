// From the button that starts a run to the first point of its loss curve, in a real browser: `npm
// run soak -- first-point [TIMES] [WAIT]` (20 times, 3 s). Each time a studio of its own on an
// empty folder; WAIT is how long the page stays open before the button is pressed, as a person
// reads first. The page measures itself, from the click's time stamp.
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from '@playwright/test'
import { findChromium } from '../../apps/testing/chromium.ts'
import { startStudio } from '../e2e/studio.ts'

const limit = 120_000 // milliseconds

/** Milliseconds after the click at which the page shows each of them; NaN where it never did. */
export interface FirstPoint {
  /** The run's page. */
  page: number
  /** The manifold of untrained weights. */
  picture: number
  /** The first value of the loss at the end of its curve. */
  point: number
}

/**
 * Presses the button named `button` and watches what the page shows until the first point is drawn.
 */
export async function firstPoint(page: Page, button: RegExp): Promise<FirstPoint> {
  const place = page.getByRole('button', { name: button })
  await place.waitFor()
  await page.evaluate(watch, limit)
  await place.click()
  const seen = await page.evaluate(
    () => (globalThis as unknown as { seen: Promise<FirstPoint> }).seen,
  )
  if (!Number.isFinite(seen.point))
    throw new Error(`expected a point within ${limit / 1000} s, found none`)
  return seen
}

/** In the page: looks at every frame of the screen what is there since the click. */
function watch(limit: number): void {
  const seen = { page: NaN, picture: NaN, point: NaN }
  const found: Record<keyof typeof seen, () => unknown> = {
    page: () => document.querySelector('[aria-label="Progress of training"]'),
    picture: () => document.querySelector('[aria-label="Manifold of the model"] canvas:not(.none)'),
    point: () => document.querySelector('.plot .label'),
  }
  const told = new Promise((resolve) => {
    const begin = ({ timeStamp }: Event) => {
      const look = () => {
        const now = performance.now() - timeStamp
        for (const name of Object.keys(found) as (keyof typeof seen)[])
          if (Number.isNaN(seen[name]) && found[name]()) seen[name] = now
        if (Number.isFinite(seen.point) || now > limit) resolve(seen)
        else requestAnimationFrame(look)
      }
      look()
    }
    addEventListener('click', begin, { capture: true, once: true })
  })
  Object.assign(globalThis, { seen: told })
}

async function once(browser: Browser, wait: number): Promise<FirstPoint> {
  const folder = mkdtempSync(join(tmpdir(), 'latent-first-point-'))
  const studio = await startStudio(folder)
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  try {
    await page.goto(studio.url)
    await page.getByRole('button', { name: /Train the/ }).waitFor()
    await page.waitForTimeout(wait * 1000)
    return await firstPoint(page, /Train the/)
  } finally {
    await page.close()
    await studio.kill()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

function at(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN
}

export async function run(given: string[]): Promise<void> {
  const [times, wait] = [Number(given[0] ?? 20), Number(given[1] ?? 3)]
  if (!Number.isInteger(times) || times < 1 || !(wait >= 0))
    throw new Error(`expected [TIMES] [WAIT], found ${given.join(' ')}`)
  const executablePath = findChromium()
  if (executablePath === undefined)
    throw new Error('expected a chromium, found none: name one in LATENT_CHROMIUM')
  const args = [
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    '--enable-unsafe-swiftshader',
  ]
  const browser = await chromium.launch({ executablePath, args })
  const all: FirstPoint[] = []
  try {
    for (let turn = 0; turn < times; turn++) {
      const seen = await once(browser, wait)
      all.push(seen)
      console.log(
        `${turn + 1}: page ${seen.page.toFixed(0)}, picture ${seen.picture.toFixed(0)}, point ${seen.point.toFixed(0)} ms; load ${loadavg()[0]!.toFixed(1)}`,
      )
    }
  } finally {
    await browser.close()
  }
  const figure = (name: keyof FirstPoint) => {
    const values = all.map((seen) => seen[name])
    return `${name} p50 ${at(values, 0.5).toFixed(0)}, p95 ${at(values, 0.95).toFixed(0)} ms`
  }
  console.log(
    `button to first point, ${times} times, ${wait} s after the page opened, ${cpus().length} cores: ${figure('page')}; ${figure('picture')}; ${figure('point')}`,
  )
}
