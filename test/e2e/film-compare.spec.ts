// Film and Compare on two real runs of different likelihood and latent size: frames beside each
// other, their change, the film's play; one cursor in two spaces, the same images through both, a
// run that is not there.
import { configFrom } from '../../preload/contract/config.ts'
import { connectSocket } from '../../preload/contract/connection.ts'
import { expect, test, type Page } from './studio.ts'
import { fingerprint, keepPictures, timeline } from './screen.ts'

test.use({ trace: 'off' })
test.setTimeout(180_000)
const often = { intervals: [50], timeout: 30_000 }

interface Runs {
  first: string
  second: string
}

/** Trains both one after the other and waits for their ends. */
async function trainTwo(url: string): Promise<Runs> {
  const { host, search } = new URL(url)
  const connection = connectSocket(`ws://${host}/rpc${search}`)
  const train = async (name: string, changes: Record<string, unknown>) => {
    const config = configFrom('tutorial', {
      frames: 10,
      evaluateEvery: 50,
      batchSize: 64,
      learningRate: 2e-3,
      activation: 'relu',
      ...changes,
    })
    const { id } = await connection.client.runs.create({ config: { ...config }, name })
    await expect
      .poll(async () => (await connection.client.runs.get({ run: id })).status, often)
      .toBe('finished')
    return id
  }
  const first = await train('First', { length: 200 })
  const second = await train('Second', {
    length: 100,
    latentSize: 3,
    objective: 'elbo',
    likelihood: 'bernoulli',
  })
  connection.close()
  return { first, second }
}

const picture = (page: Page, name: string) =>
  fingerprint(page.getByRole('img', { name, exact: true }).locator('canvas'))
const open = (page: Page, hash: string) => page.goto(`${page.url().split('#')[0]}#/explore/${hash}`)

test('film and comparison of two runs', async ({ page, studio, complaints }) => {
  const runs = await trainTwo(studio.url)
  await page.goto(studio.url)
  await test.step('film', () => film(page, runs))
  await test.step('the same point', () => samePoint(page, runs))
  await test.step('the same images', () => sameImages(page, runs))
  await test.step('a run that is not there', () => missing(page, runs))
  expect(complaints).toEqual([])
})

async function film(page: Page, { first, second }: Runs): Promise<void> {
  await open(page, `${first}?tool=film`)
  await expect.poll(() => picture(page, 'Manifold of First'), often).not.toBe(0)
  const end = await picture(page, 'Manifold of First')
  await page.getByRole('combobox', { name: 'Compare' }).selectOption({ label: 'Second' })
  await expect(page).toHaveURL(new RegExp(`with=${second}`))
  await expect.poll(() => picture(page, 'Manifold of Second'), often).not.toBe(0)

  const strip = (await timeline(page).boundingBox())!
  await page.mouse.move(strip.x + strip.width * 0.8, strip.y + 40)
  await page.mouse.down()
  await page.mouse.move(strip.x + strip.width * 0.5, strip.y + 40, { steps: 12 })
  await page.mouse.up()
  await expect.poll(() => picture(page, 'Manifold of First'), often).not.toBe(end)
  expect(
    await page.evaluate(() => performance.getEntriesByName('film-scrub').length),
  ).toBeGreaterThan(0)
  await page.getByText('Share of training').click()
  const steps = page.locator('figure .name span:last-child')
  const stepOf = async (place: number) =>
    Number((await steps.nth(place).innerText()).replace(/\D/g, ''))
  const at = await stepOf(0)
  await expect
    .poll(async () => Math.abs((await stepOf(1)) - at / 2), often)
    .toBeLessThanOrEqual(at / 4) // its nearest frame
  await keepPictures(page, 'film')

  const shown = [
    await picture(page, 'Manifold of First'),
    await picture(page, 'Manifold of Second'),
  ]
  await expect(page).toHaveURL(/step=\d+/)
  await page.reload()
  await expect.poll(() => picture(page, 'Manifold of First'), often).toBe(shown[0])
  await expect.poll(() => picture(page, 'Manifold of Second'), often).toBe(shown[1])
  await page.getByText('Change', { exact: true }).click()
  await expect.poll(() => picture(page, 'Change of First'), often).not.toBe(0)
  expect(await picture(page, 'Change of First')).not.toBe(shown[0])

  // at the end it begins again, and goes on
  await page.getByRole('checkbox', { name: /Repeat/ }).check()
  await page.getByRole('radiogroup', { name: 'Frames per second' }).getByText('32').click()
  await page.getByRole('button', { name: 'Play the stored frames' }).click()
  for (const step of [200, 0, 200])
    await expect.poll(() => stepOf(0), { intervals: [5], timeout: 30_000 }).toBe(step)
  await page.getByRole('button', { name: 'Stop playing' }).click()
}

async function samePoint(page: Page, { first, second }: Runs): Promise<void> {
  await open(page, `${first}?tool=compare`)
  await page.getByRole('button', { name: 'Second' }).click()
  await expect(page).toHaveURL(new RegExp(`with=${second}`))
  const decoded = ['Decoded by First', 'Decoded by Second']
  for (const name of decoded) await expect.poll(() => picture(page, name), often).not.toBe(0)
  const before = await Promise.all(decoded.map((name) => picture(page, name)))
  const box = (await page.getByRole('application', { name: /plane of Second/ }).boundingBox())!
  await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.3)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.9, box.y + box.height * 0.2, { steps: 8 })
  await page.mouse.up()
  for (const [place, name] of decoded.entries())
    await expect.poll(() => picture(page, name), often).not.toBe(before[place])
  await expect(page).toHaveURL(/z=/)
  const side = page.getByRole('complementary', { name: 'About these runs' })
  await expect(side.getByRole('note')).toContainText('These runs use 2 kinds of loss')
  await expect(side).toContainText('beyond the cursor')
  await page.getByRole('combobox', { name: 'Checkpoint of Second' }).selectOption('0')
  await expect(page).toHaveURL(/at=0/)
  await expect(side).toContainText('step 0')
  await keepPictures(page, 'compare-z')
}

async function sameImages(page: Page, { first, second }: Runs): Promise<void> {
  await open(page, `${first}?tool=compare&with=${second}&same=inputs`)
  for (const name of ['Reconstructions by First', 'Reconstructions by Second'])
    await expect.poll(() => picture(page, name), often).not.toBe(0)
  const losses = page.getByRole('region', { name: 'Second' }).locator('.losses span')
  await expect(losses).toHaveCount(10)
  for (const text of await losses.allInnerTexts()) expect(text).toMatch(/^[\d.,]+$|^–$/)
  await expect(losses.last()).toHaveText(/^\d+\.\d$/)
  const classes = await picture(page, 'Test images')
  await page.getByRole('button', { name: 'Next 10 images' }).click()
  await expect(page).toHaveURL(/inputs=0/)
  await expect.poll(() => picture(page, 'Test images'), often).not.toBe(classes)
  await keepPictures(page, 'compare-images', { axe: false })
}

async function missing(page: Page, { first }: Runs): Promise<void> {
  await open(page, `${first}?tool=compare&with=nothere000`)
  await expect(page.getByRole('alert')).toBeVisible()
  await expect.poll(() => picture(page, 'Decoded by First'), often).not.toBe(0)
  await page.getByRole('button', { name: /^Remove / }).click()
  await expect(page.getByText('Choose a run to compare with')).toBeVisible()
}
