// The main job in a browser, on real MNIST: from the empty store by the one button through
// watching, pausing, looking into the latent plane while it trains and a reload in the middle, to
// the run in the list.
import { presets } from '../../preload/contract/presets.ts'
import { expect, test, type Page } from './studio.ts'
import {
  fingerprint,
  keepPictures,
  momentOf,
  reachOf,
  statusOf,
  stepOf,
  type Moment,
} from './screen.ts'

const { title, config } = presets.tutorial
const steps = config.length
// fast machines take seconds; one without the native runtime, and with other work to do, some
// minutes
const ended = 240_000
test.setTimeout(ended + 120_000)
// a trace pictures every action, which takes the time that training needs
test.use({ actionTimeout: 30_000, trace: 'off' })
// a machine that trains fast leaves little time between two looks
const often = { intervals: [30], timeout: 30_000 }

test('the tutorial’s run, from the one button to the list of runs', async ({
  page,
  studio,
  complaints,
}) => {
  await page.goto(studio.url)
  await expect(page.getByRole('heading', { name: /Train a variational autoencoder/ })).toBeVisible()
  await expect(
    page.getByRole('img', { name: /digits of the training data/ }).locator('canvas'),
  ).toBeVisible()
  await keepPictures(page, 'first')

  await page.getByRole('button', { name: 'Train the tutorial’s VAE' }).click()
  await expect(page).toHaveURL(/#\/run\/[a-z0-9]+/)
  await test.step('curves and manifold move', () => watchItMove(page))
  await test.step('pause and resume', () => pauseAndLook(page))
  await test.step('drag in the plane while it trains', () => exploreWhileItTrains(page))
  await test.step('reload in the middle', () => reloadInTheMiddle(page))
  await test.step('to the end', () => waitForTheEnd(page))
  await test.step('a step of the past, and a reload there', () => lookBack(page))
  await test.step('the list of runs', () => findItInTheList(page))
  await test.step('the other places', () => seeTheRest(page))
  expect(complaints).toEqual([])
})

async function watchItMove(page: Page): Promise<void> {
  // a moment is read piece by piece: the charts may come while it is
  let first: Moment = await momentOf(page).catch(() => nothing)
  await expect
    .poll(async () => {
      first = await momentOf(page).catch(() => nothing)
      return [first.reach > 0, first.manifold !== 0, first.charts.length]
    }, often)
    .toEqual([true, true, 3])
  await expect
    .poll(async () => {
      const next = await momentOf(page)
      const chartsMoved = next.charts.every((chart, index) => chart !== first.charts[index])
      return {
        on: next.step > first.step,
        grown: next.reach > first.reach,
        manifoldMoved: next.manifold !== first.manifold,
        chartsMoved,
      }
    }, often)
    .toEqual({ on: true, grown: true, manifoldMoved: true, chartsMoved: true })
}

const nothing: Moment = { status: '', step: 0, reach: -1, manifold: 0, charts: [] }

async function pauseAndLook(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Pause' }).click()
  await expect(statusOf(page)).toHaveText('paused')
  const step = await stepOf(page)
  expect(step).toBeLessThan(steps)
  await keepPictures(page, 'run-paused', { axe: false })
  expect(await stepOf(page)).toBe(step)
  await page.getByRole('button', { name: 'Resume' }).click()
  await expect.poll(() => stepOf(page), often).toBeGreaterThan(step)
  await page.getByRole('button', { name: 'Pause' }).click()
  await expect(statusOf(page)).toHaveText('paused')
}

const plane = (page: Page) => page.getByRole('application', { name: /Latent plane/ })
const decoded = (page: Page) => page.getByRole('img', { name: 'Decoded image under the cursor' })

/** The step whose weights drew the image under the cursor. */
async function decodedStep(page: Page): Promise<number> {
  const text = (await decoded(page).locator('.visually-hidden').textContent()) ?? ''
  return Number(/step ([\d,]+)/.exec(text)?.[1]?.replaceAll(',', '') ?? NaN)
}

async function exploreWhileItTrains(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Explore' }).last().click()
  await expect(plane(page)).toBeVisible()
  await expect(decoded(page)).toBeVisible()
  await expect(page.getByText(/^5,000 images, step/)).toBeVisible()
  await keepPictures(page, 'explore-paused')
  const at = await decodedStep(page)
  await page.keyboard.press('Space') // goes on training, from here too
  const box = (await plane(page).boundingBox())!
  const across = (share: number): [number, number] => [
    box.x + box.width * share,
    box.y + box.height * (0.9 - 0.8 * share),
  ]
  await page.mouse.move(...across(0.1))
  await page.mouse.down()
  const images = new Set<number>()
  for (let move = 0; move <= 8; move++) {
    const before = await fingerprint(decoded(page).locator('canvas'))
    await page.mouse.move(...across(0.1 + 0.1 * move), { steps: 3 })
    await expect.poll(() => fingerprint(decoded(page).locator('canvas')), often).not.toBe(before)
    images.add(await fingerprint(decoded(page).locator('canvas')))
  }
  await page.mouse.up()
  expect(images.size).toBeGreaterThanOrEqual(8)
  await expect.poll(() => decodedStep(page), often).toBeGreaterThan(at)
}

async function reloadInTheMiddle(page: Page): Promise<void> {
  // the address is written when the cursor rests
  const fields = page
    .getByRole('complementary', { name: 'Under the cursor' })
    .getByRole('spinbutton')
  const z = [await fields.nth(0).inputValue(), await fields.nth(1).inputValue()]
  await expect(page).toHaveURL(new RegExp(`z=${encodeURIComponent(z.join(','))}$`))
  const [url, reach] = [page.url(), await reachOf(page)]
  expect(['running', 'finished']).toContain(await statusOf(page).innerText())
  await page.reload()
  expect(page.url()).toBe(url)
  await expect(fields.nth(0)).toHaveValue(z[0]!)
  await expect(fields.nth(1)).toHaveValue(z[1]!)
  await expect(decoded(page)).toBeVisible()
  await expect.poll(() => reachOf(page)).toBeGreaterThanOrEqual(reach)
}

async function waitForTheEnd(page: Page): Promise<void> {
  await page.keyboard.press('g')
  await page.keyboard.press('r')
  await page.getByRole('table', { name: 'Runs' }).getByRole('link', { name: title }).click()
  await expect(statusOf(page)).toHaveText('finished', { timeout: ended })
  expect(await stepOf(page)).toBe(steps)
  await expect(page.getByRole('img', { name: 'Samples from the prior' })).toBeVisible()
  await keepPictures(page, 'run-finished')
}

async function lookBack(page: Page): Promise<void> {
  const end = await momentOf(page)
  for (let frame = 0; frame < 12; frame++) await page.keyboard.press('[')
  await expect(page).toHaveURL(/step=\d+/)
  // the frames on the way are drawn too, as they arrive: the one of the address stays
  const step = Number(/step=(\d+)/.exec(page.url())![1]).toLocaleString('en')
  await expect(
    page
      .locator('figure')
      .filter({ hasText: 'Manifold' })
      .getByText(`step ${step}`, { exact: true }),
  ).toBeVisible()
  const settled = async () => {
    const { manifold } = await momentOf(page)
    await page.waitForTimeout(500)
    return manifold !== end.manifold && manifold === (await momentOf(page)).manifold
  }
  await expect.poll(settled, often).toBe(true)
  const pinned = await momentOf(page)
  const url = page.url()
  await page.reload()
  await expect
    .poll(async () => (await momentOf(page).catch(() => nothing)).manifold, often)
    .toBe(pinned.manifold)
  expect(page.url()).toBe(url)
  expect((await momentOf(page)).reach).toBe(pinned.reach)
}

async function findItInTheList(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Runs' }).first().click()
  const row = page.getByRole('table', { name: 'Runs' }).getByRole('row').nth(1)
  await expect(row).toContainText(title)
  await expect(row).toContainText('finished')
  await expect(row).toContainText('5,000 steps')
  await expect(row.locator('.total')).toHaveText(/^\d+\.\d/)
  await expect(row.getByRole('img', { name: /Manifold of/ })).toBeVisible()
  await keepPictures(page, 'runs')
}

async function seeTheRest(page: Page): Promise<void> {
  const places = {
    new: page.getByRole('button', { name: /^Train 5,000 steps/ }),
    data: page.getByRole('application', { name: /^Images 0 to/ }),
    setup: page.getByText('in use'),
  }
  for (const [place, ready] of Object.entries(places)) {
    await page.goto(`${page.url().split('#')[0]}#/${place}`)
    await expect(ready.first()).toBeVisible()
    await keepPictures(page, place)
  }
}
