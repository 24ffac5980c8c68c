// The latent plane in a browser: points by WebGL and without it, zoom and pan in the address, what
// is asked for, the density, components and the place under the cursor.
import { configFrom } from '../../preload/contract/config.ts'
import { connectSocket } from '../../preload/contract/connection.ts'
import { expect, test, type OpenStudio, type Page } from './studio.ts'
import { keepPictures } from './screen.ts'

test.use({ trace: 'off', viewport: { width: 1440, height: 900 } })

const plane = (page: Page) => page.getByRole('application', { name: /^Latent plane/ })
const drawnBy = (page: Page) =>
  page.locator('canvas.points:not([hidden])').getAttribute('data-drawn-by')
const panel = (page: Page) => page.getByRole('complementary', { name: 'Under the cursor' })

/** Trains a small run of so many latent dimensions, and opens the plane on it. */
async function openTrained(
  page: Page,
  studio: OpenStudio,
  latentSize: number,
  rest = '',
): Promise<void> {
  await page.goto(studio.url)
  const url = new URL(studio.url)
  const connection = connectSocket(`ws://${url.host}/rpc${url.search}`)
  try {
    const config = {
      ...configFrom('elbo-2d'),
      length: 150,
      lengthUnit: 'steps' as const,
      latentSize,
    }
    const { id } = await connection.client.runs.create({ config, name: 'Plane' })
    await expect
      .poll(async () => (await connection.client.runs.get({ run: id })).status, { timeout: 60_000 })
      .toBe('finished')
    await page.goto(`${url.origin}/#/explore/${id}${rest}`)
  } finally {
    connection.close()
  }
  await expect(page.getByText(/^5,000 images, step 150/)).toBeVisible({ timeout: 30_000 })
}

/**
 * Where `z` lies along the first two principal components of the codes at a step of the newest run.
 */
async function placeAlongComponents(
  studio: OpenStudio,
  step: number,
  z: readonly number[],
): Promise<number[]> {
  const url = new URL(studio.url)
  const connection = connectSocket(`ws://${url.host}/rpc${url.search}`)
  try {
    const { principal } = await connection.client.analysis.statistics({
      run: 'last',
      checkpoint: step,
    })
    return principal.components
      .slice(0, 2)
      .map((axis) => axis.reduce((sum, value, i) => sum + value * z[i]!, 0))
  } finally {
    connection.close()
  }
}

/** Numbers of a window in the address. */
async function windowOf(page: Page): Promise<number[]> {
  const text = new URLSearchParams(page.url().split('?').at(-1)).get('view')
  return (text ?? '').split(',').map(Number)
}

test('what is changed a moment before the address is left is there again, and does not go along', async ({
  page,
  studio,
  complaints,
}) => {
  await openTrained(page, studio, 2)
  /**
   * Presses a key on the plane, which moves the cursor, and leaves before the address is written.
   */
  const moveAnd = (then: 'link' | 'back') =>
    plane(page).evaluate((element, leave) => {
      const init = { key: 'ArrowRight', code: 'ArrowRight', bubbles: true, cancelable: true }
      for (let i = 0; i < 3; i++) element.dispatchEvent(new KeyboardEvent('keydown', init))
      if (leave === 'link') document.querySelector<HTMLAnchorElement>('a[href="#/runs"]')!.click()
      else history.back()
    }, then)
  const z = () => new URLSearchParams(page.url().split('?').at(-1)).get('z')
  await plane(page).click({ position: { x: 200, y: 420 } })
  await expect(page).toHaveURL(/z=/)
  const first = z()

  await moveAnd('link')
  await expect(page).toHaveURL(/#\/runs/)
  expect(z()).toBeNull()
  await page.goBack()
  await expect(plane(page)).toBeVisible()
  const second = z()
  expect(second).not.toBe(first)

  await page.evaluate(() => history.pushState(null, '', `${location.hash}&layers=points`))
  await moveAnd('back')
  await page.waitForTimeout(1000)
  expect(z()).toBe(second)
  expect(complaints).toEqual([])
})

test('the plane zooms, pans, and draws with and without WebGL', async ({
  page,
  studio,
  complaints,
}) => {
  await openTrained(page, studio, 2)
  expect(await drawnBy(page)).toBe('webgl')
  await expect(panel(page).getByRole('img', { name: 'Nearest image 6' })).toBeVisible()
  await expect(panel(page).getByText(/log q\(z\) −?\d/)).toBeVisible()
  await expect(page.locator('.veil canvas')).toBeVisible()

  await test.step('a moved cursor asks for no manifold, nor does its address', async () => {
    const asked = () =>
      page.evaluate(() =>
        performance.getEntriesByName('latent-manifold').map((entry) => entry.startTime),
      )
    const before = await asked()
    expect(before).toHaveLength(1)
    await plane(page).click({ position: { x: 200, y: 420 } })
    await expect(page).toHaveURL(/z=/)
    await page.waitForTimeout(300)
    expect(await asked()).toEqual(before)
  })

  await test.step('wheel and right button, kept in the address', async () => {
    const box = (await plane(page).boundingBox())!
    await page.mouse.move(box.x + box.width * 0.25, box.y + box.height * 0.25)
    await page.mouse.wheel(0, -500)
    await expect(page).toHaveURL(/view=/)
    const [across, down, span] = await windowOf(page)
    expect(span).toBeLessThan(4)
    // the place under the pointer stays: a quarter of the new side from its edges, where it was a
    // quarter of the old one
    const [home] = [(6 * 20) / 19]
    expect(across! - 0.25 * span!).toBeCloseTo(-0.25 * home, 2)
    expect(down).toBeCloseTo(across!, 3)
    await page.mouse.down({ button: 'right' })
    await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.25, { steps: 4 })
    await page.mouse.up({ button: 'right' })
    await expect(page.getByRole('menu')).toHaveCount(0)
    await expect.poll(async () => (await windowOf(page))[0]).toBeCloseTo(across! - 0.25 * span!, 2)
    const url = page.url()
    await page.reload()
    await expect(page.getByText(/^5,000 images, step 150/)).toBeVisible()
    expect(page.url()).toBe(url)
    await plane(page).dblclick({ position: { x: 100, y: 100 } })
    await expect(page).not.toHaveURL(/view=/)
  })

  await test.step('a right click is still a menu', async () => {
    await plane(page).click({ button: 'right', position: { x: 100, y: 100 } })
    await expect(page.getByRole('menu')).toBeVisible()
    await page.keyboard.press('Escape')
  })

  await test.step('without its context, on a 2D canvas, until it is back', async () => {
    await page.evaluate(() => {
      const gl = document.querySelector<HTMLCanvasElement>('canvas.points')!.getContext('webgl2')!
      const lost = gl.getExtension('WEBGL_lose_context')!
      Object.assign(globalThis, { lost })
      lost.loseContext()
    })
    await expect.poll(() => drawnBy(page)).toBe('2d')
    await page.evaluate(() =>
      (globalThis as unknown as { lost: WEBGL_lose_context }).lost.restoreContext(),
    )
    await expect.poll(() => drawnBy(page)).toBe('webgl')
  })

  await keepPictures(page, 'plane-both')
  await page.getByRole('radio', { name: 'Density' }).check()
  await expect(page.getByText(/images per bin/)).toBeVisible()
  await page.getByRole('radio', { name: 'Quantiles' }).check()
  await keepPictures(page, 'plane-density', { axe: false })
  expect(complaints).toEqual([])
})

test('the plane decodes under the pointer, a click pins, and a point shows its image', async ({
  page,
  studio,
  complaints,
}) => {
  await openTrained(page, studio, 2)
  // what follows the position depends on what has been computed by then
  const cursor = async () =>
    /^Cursor at z₁ [−\d.]+, z₂ [−\d.]+/.exec(
      (await plane(page).locator('p.visually-hidden').textContent()) ?? '',
    )?.[0]
  const box = (await plane(page).boundingBox())!
  const to = (x: number, y: number) => page.mouse.move(box.x + x, box.y + y)
  const pinned = panel(page).getByRole('button', { name: 'Unpin' })
  await to(150, 200)
  await expect.poll(cursor).toMatch(/^Cursor at z₁ −\d/)
  const first = await cursor()
  await to(400, 420)
  await expect.poll(cursor).not.toBe(first)
  await expect(pinned).toHaveCount(0)

  await page.mouse.down()
  await page.mouse.up()
  await expect(pinned).toBeVisible()
  const kept = await cursor()
  await to(150, 200)
  await page.waitForTimeout(300)
  expect(await cursor()).toBe(kept)
  await page.reload()
  await expect(pinned).toBeVisible()
  await expect.poll(cursor).toBe(kept)
  await page.keyboard.press('Escape')
  await expect(pinned).toHaveCount(0)
  await to(160, 210)
  await expect.poll(cursor).not.toBe(kept)
  await page.mouse.down()
  await page.mouse.up()
  await expect(pinned).toBeVisible()
  await page.mouse.down()
  await page.mouse.up()
  await expect(pinned).toHaveCount(0)

  // somewhere near the middle there is a point
  const card = page.getByRole('img', { name: 'Image of the point' })
  for (let step = 0; step < 40 && (await card.count()) === 0; step++) {
    await to(box.width / 2 - 80 + 4 * step, box.height / 2)
    await page.waitForTimeout(120)
  }
  await expect(card).toBeVisible()
  await expect(page.locator('figcaption').getByText(/^validation image [\d,]+$/)).toBeVisible()
  expect(complaints).toEqual([])
})

test('components span the plane of a larger latent, and the cursor goes along them', async ({
  page,
  studio,
  complaints,
}) => {
  await openTrained(page, studio, 6)
  await expect(page.getByRole('radio', { name: 'PCs' })).toBeChecked()
  await expect(plane(page).getByText('PC 1 →')).toBeVisible()
  await expect(plane(page).getByRole('img', { name: 'Manifold' })).toBeVisible()
  await plane(page).click({ position: { x: 150, y: 300 } })
  await expect(page).toHaveURL(/z=/)
  const z = new URLSearchParams(page.url().split('?').at(-1)).get('z')!.split(',').map(Number)
  expect(z.filter((value) => Math.abs(value) > 0.01).length).toBeGreaterThan(2)
  const text = (await plane(page).locator('p.visually-hidden').textContent()) ?? ''
  const [, first, second] = /PC 1 (−?\d+\.\d+), PC 2 (−?\d+\.\d+)/.exec(text) ?? []
  const box = (await plane(page).boundingBox())!
  const home = (6 * 20) / 19
  const number = (value = '') => Number(value.replace('−', '-'))
  expect(number(first)).toBeCloseTo((150 / box.width - 0.5) * home, 1)
  expect(number(second)).toBeCloseTo((300 / box.height - 0.5) * home, 1)
  // at another step the plane lies along the components of the codes then
  await page.keyboard.press('[')
  await expect(page).toHaveURL(/step=\d/)
  const step = Number(/step=(\d+)/.exec(page.url())![1])
  const expected = await placeAlongComponents(studio, step, z)
  await expect
    .poll(async () => {
      const said = /PC 1 (−?\d+\.\d+), PC 2 (−?\d+\.\d+)/.exec(
        (await plane(page).locator('p.visually-hidden').textContent()) ?? '',
      )
      return [number(said?.[1]), number(said?.[2])].map(
        (value, axis) => Math.abs(value - expected[axis]!) < 0.02,
      )
    })
    .toEqual([true, true])
  await page.keyboard.press(']')
  await keepPictures(page, 'plane-components', { axe: false })
  // the wheel over the sliders of the other dimensions moves the panel
  await page.setViewportSize({ width: 1440, height: 600 })
  const slider = panel(page).getByRole('slider', { name: 'z 6' })
  const value = await slider.inputValue()
  await slider.hover()
  await page.mouse.wheel(0, 200)
  await expect
    .poll(() =>
      panel(page)
        .locator('.content')
        .evaluate((content) => content.scrollTop),
    )
    .toBeGreaterThan(50)
  expect(await slider.inputValue()).toBe(value)
  expect(complaints).toEqual([])
})
