// Dimensions, Attributes and Samplers on a real run whose KL weighs so much that some dimensions
// fall out of use: strips are what `latent decode` gives bit for bit, keys and presses move the
// cursor, neighbours, sums and clusters hold together.
import type { Client } from '../../preload/contract/client.ts'
import { configFrom } from '../../preload/contract/config.ts'
import { connectSocket } from '../../preload/contract/connection.ts'
import { rowsOfRequest } from '../../renderer/components/explore/dimensions/traversal.ts'
import { decodeByCommand } from './decodeByCommand.ts'
import { expect, test, type Page } from './studio.ts'
import { fingerprint, keepPictures } from './screen.ts'

test.use({ trace: 'off' })
test.setTimeout(180_000)
const often = { intervals: [50], timeout: 60_000 }
const Z = 12

async function train(client: Client): Promise<string> {
  const config = configFrom('elbo-2d', {
    length: 300,
    lengthUnit: 'steps',
    frames: 4,
    evaluateEvery: 100,
    latentSize: Z,
    beta: 10,
  })
  const { id } = await client.runs.create({ config: { ...config }, name: 'Twelve' })
  await expect.poll(async () => (await client.runs.get({ run: id })).status, often).toBe('finished')
  return id
}

const open = (page: Page, hash: string) => page.goto(`${page.url().split('#')[0]}#/explore/${hash}`)
const picture = (page: Page, name: string | RegExp) =>
  page.getByRole('img', { name }).locator('canvas')

test('dimensions, attributes, samplers', async ({ page, studio, complaints }) => {
  const { host, search } = new URL(studio.url)
  const connection = connectSocket(`ws://${host}/rpc${search}`)
  const run = await train(connection.client)
  await page.goto(studio.url)
  await test.step('strips', () => strips(page, connection.client, run, studio.dataFolder))
  await test.step('keys', () => keys(page))
  await test.step('neighbours', () => neighbours(page, run))
  await test.step('sums', () => sums(page, run))
  await test.step('clusters', () => clusters(page, connection.client, run))
  connection.close()
  expect(complaints).toEqual([])
})

async function strips(page: Page, client: Client, run: string, dataFolder: string): Promise<void> {
  const { klPerDimension, active, quantiles } = await client.analysis.statistics({ run })
  const used = klPerDimension.map((_, d) => d).filter((d) => active[d])
  const order = used.toSorted((a, b) => klPerDimension[b]! - klPerDimension[a]!)
  expect(order.length).toBeGreaterThan(0)
  expect(order.length).toBeLessThan(Z)
  await open(page, `${run}?tool=dimensions`)
  const sliders = page.getByRole('group', { name: 'Latent dimensions' }).getByRole('slider')
  await expect(sliders).toHaveCount(order.length, often)
  const names = await sliders.evaluateAll((all) =>
    all.map((each) => Number(each.getAttribute('aria-label')!.slice(2)) - 1),
  )
  expect(names).toEqual(order)

  // in batches as they are asked: every row in sight, from the 1 % to the 99 % quantile, the others
  // at 0
  const canvases = page.getByRole('img', { name: /^Decoded images along/ }).locator('canvas')
  await expect.poll(() => fingerprint(canvases.last()), often).not.toBe(0)
  const images = (await canvases.first().evaluate((canvas: HTMLCanvasElement) => canvas.width)) / 28
  const z = order.flatMap((d) => {
    const [from, to] = [quantiles[d]![0]!, quantiles[d]!.at(-1)!]
    return Array.from({ length: images }, (_, i) =>
      Array.from({ length: Z }, (_zero, j) =>
        j === d ? from + ((to - from) * i) / (images - 1) : 0,
      ),
    )
  })
  const batch = rowsOfRequest(images, Z) * images
  const pixels: number[] = []
  for (let first = 0; first < z.length; first += batch) {
    const part = await decodeByCommand(dataFolder, run, z.slice(first, first + batch))
    for (let i = 0; i < part.length; i++) pixels.push(part[i]!)
  }
  for (const row of order.keys()) {
    const shown = await canvases.nth(row).evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
      return Array.from({ length: data.length / 4 }, (_, i) => data[4 * i]!)
    })
    const width = images * 28
    const expected = shown.map((_, at) => {
      const [x, y] = [at % width, Math.floor(at / width)]
      return Math.floor(
        pixels[(row * images + Math.floor(x / 28)) * 784 + y * 28 + (x % 28)]! * 255 + 0.5,
      )
    })
    expect(shown, `row ${row}`).toEqual(expected)
  }

  const fold = page.getByRole('button', { name: `${Z - order.length} inactive` })
  await expect(fold).toHaveAttribute('aria-expanded', 'false')
  await fold.click()
  await expect(fold).toHaveAttribute('aria-expanded', 'true')
  await expect(page).toHaveURL(/inactive=1/)
  await keepPictures(page, 'dimensions')
  await page.setViewportSize({ width: 1440, height: 900 })
  await fold.click()
}

async function keys(page: Page): Promise<void> {
  const side = page.getByRole('complementary', { name: 'Dimension' })
  const value = side.getByRole('spinbutton')
  const large = side.getByRole('img', { name: 'Decoded image at the cursor' }).locator('canvas')
  const before = await fingerprint(large)
  const first = await value.getAttribute('aria-label')
  await page.keyboard.press('ArrowRight')
  await expect(value).not.toHaveValue('0')
  await expect.poll(() => fingerprint(large), often).not.toBe(before)
  await page.keyboard.press('ArrowDown')
  await expect(value).not.toHaveAttribute('aria-label', first!)
  await expect(page).toHaveURL(/row=\d+/)
  // a press on the last image of the row puts the cursor there, and its slider to the end
  const row = page.locator('[data-dimension]').nth(1)
  const box = (await row.locator('.strip').boundingBox())!
  await page.mouse.click(box.x + box.width - 5, box.y + 5)
  const slider = row.getByRole('slider')
  await expect
    .poll(async () => Number(await slider.inputValue()) / Number(await slider.getAttribute('max')))
    .toBeCloseTo(1, 2)
  const url = page.url()
  await expect(page).not.toHaveURL(url) // the cursor is written when it rests
  await page.reload()
  await expect
    .poll(async () => Number(await slider.inputValue()) / Number(await slider.getAttribute('max')))
    .toBeCloseTo(1, 2)
}

async function neighbours(page: Page, run: string): Promise<void> {
  await open(page, `${run}?tool=attributes&c=test:12&around=c&split=test`)
  const near = page.getByRole('region', { name: 'Nearest images' })
  const entries = near.getByRole('listitem').getByRole('button')
  await expect(entries).toHaveCount(10, often)
  // an image is its own nearest, the rest follow by distance
  await expect(entries.first()).toHaveAccessibleName(/^Go to test 12, class \d, distance 0\.00$/)
  const distances = await entries.evaluateAll((all) =>
    all.map((each) => Number(/distance ([\d.]+)/.exec(each.getAttribute('aria-label')!)![1])),
  )
  expect(distances).toEqual(distances.toSorted((a, b) => a - b))
  const second = /^Go to test (\d+)/.exec((await entries.nth(1).getAttribute('aria-label'))!)![1]!
  await entries.nth(1).click()
  await expect(near.getByRole('heading')).toContainText('Nearest to the cursor')
  await expect(entries.first()).toHaveAccessibleName(
    new RegExp(`^Go to test ${second}, class \\d, distance 0\\.00$`),
  )
}

async function sums(page: Page, run: string): Promise<void> {
  await open(page, `${run}?tool=attributes&a=class:7&b=class:7&c=test:3`)
  await page.reload() // so that no picture of the terms before is there
  const result = picture(page, 'Decoded result')
  const text = page.getByRole('img', { name: 'Decoded result' })
  await expect(text).toHaveAccessibleDescription(/^1.00 times a minus b, plus c, step 300/)
  const same = await fingerprint(result)
  // a class less itself adds nothing, at any strength
  await page.keyboard.press('ArrowRight')
  await expect(text).toHaveAccessibleDescription(/^1.25 times/)
  await expect(page).toHaveURL(/strength=1.25/)
  expect(await fingerprint(result)).toBe(same)
  const side = page.getByRole('complementary', { name: 'Attributes' })
  await side.getByRole('button', { name: 'Use the mean of class 0 as a' }).click()
  await expect(page).toHaveURL(/a=class%3A0/)
  await expect.poll(() => fingerprint(result), often).not.toBe(same)
  await page.goBack()
  await expect.poll(() => fingerprint(result), often).toBe(same)
  await page.goForward()
  await expect(page.getByRole('img', { name: 'Decoded images by strength' })).toBeVisible()
  await keepPictures(page, 'attributes')
  await page.setViewportSize({ width: 1440, height: 900 })
  await page.getByRole('button', { name: 'Move the cursor here' }).click()
  await expect(page).toHaveURL(/z=-?\d/)
}

async function clusters(page: Page, client: Client, run: string): Promise<void> {
  const asked = { run, k: 4, draws: 100 }
  const {
    score,
    purity,
    clusters: found,
  } = await client.analysis.clusters({ ...asked, method: 'mixture' })
  await open(page, `${run}?tool=samplers&k=4`)
  const mixture = page.getByRole('region', { name: 'Gaussian mixture' })
  const said = score.value.toFixed(2).replace('-', '−')
  await expect(mixture.locator('header')).toContainText(
    `log-likelihood ${said} nats per code`,
    often,
  )
  await expect(page.getByText(`${Math.round(100 * purity!)} % mixture`)).toBeVisible(often)
  const rows = page.getByRole('table', { name: 'Clusters' }).getByRole('row')
  await expect(rows).toHaveCount(5)
  const sizes = await rows.locator('td:first-of-type').allInnerTexts()
  const counted = found.map(({ images }) => images).toSorted((a, b) => b - a)
  expect(counted.reduce((sum, images) => sum + images, 0)).toBe(5000)
  expect(sizes.map((text) => Number(text.replaceAll(',', '')))).toEqual(counted)

  const sheet = mixture.locator('.sheet canvas')
  const all = await fingerprint(sheet)
  await page.getByRole('button', { name: 'Show cluster 2 alone' }).click()
  await expect(page).toHaveURL(/cluster=mixture%3A2/)
  await expect(mixture.getByText('draws from component 2, decoded')).toBeVisible()
  await expect.poll(() => fingerprint(sheet), often).not.toBe(all)
  await expect(page.getByRole('region', { name: 'K-means centres' })).toHaveAttribute(
    'aria-busy',
    'false',
  )
  await keepPictures(page, 'samplers')
  await page.setViewportSize({ width: 1440, height: 900 })
  await page.getByRole('button', { name: 'Show all' }).click()
  await expect.poll(() => fingerprint(sheet), often).toBe(all)
  await page.getByRole('button', { name: /^Draw again/ }).click()
  await expect(page).toHaveURL(/seed=1/)
  await expect.poll(() => fingerprint(sheet), often).not.toBe(all)
}
