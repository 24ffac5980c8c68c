// New run: what one types is warned about, kept under another preset and over a reload, and taken
// back; the time is told only from a run of this machine. Then that run's charts: they stand over
// the timeline, pixel for pixel.
import type { Client } from '../../preload/contract/client.ts'
import { configFrom } from '../../preload/contract/config.ts'
import { connectSocket } from '../../preload/contract/connection.ts'
import { expect, test, type Locator, type Page } from './studio.ts'
import { keepPictures } from './screen.ts'

// a trace pictures every action
test.use({ actionTimeout: 20_000, trace: 'off' })
// seconds on a machine of its own, minutes beside other work
test.setTimeout(360_000)

const field = (page: Page, name: string) => page.getByRole('textbox', { name, exact: true })
const card = (page: Page, title: string) =>
  page.getByRole('group', { name: 'Presets' }).getByRole('button', { name: title })
const changes = (page: Page) => page.getByRole('group', { name: 'Changed settings' })
const warning = (page: Page, text: string) => page.getByRole('status').filter({ hasText: text })
const nameField = (page: Page) => page.getByLabel('Name', { exact: true })
const open = (page: Page, hash: string) => page.goto(`${page.url().split('#')[0]}#/${hash}`)

test('a new run, and its charts', async ({ page, studio, complaints }) => {
  await page.goto(studio.url)
  await open(page, 'new')
  await expect(page.getByText('No time estimate yet')).toBeVisible()
  await test.step('warnings as one types', () => warned(page))
  await test.step('another preset keeps the edits', () => keepsEdits(page))
  await test.step('help at the field in a small window', () => helped(page))
  const { host, search } = new URL(studio.url)
  const connection = connectSocket(`ws://${host}/rpc${search}`)
  const run = await test.step('a run tells the time', () => estimated(page, connection.client))
  await test.step('charts and timeline', () => aligned(page, run))
  connection.close()
  expect(complaints).toEqual([])
})

async function warned(page: Page): Promise<void> {
  await field(page, 'Learning rate').fill('5')
  await expect(warning(page, 'training usually diverges')).toBeVisible()
  await field(page, 'Latent size').fill('1')
  await expect(warning(page, 'the latent space is a line')).toBeVisible()
  await expect(nameField(page)).toHaveAttribute(
    'placeholder',
    'tutorial latentSize=1 learningRate=5',
  )
  // a warning stops nobody, a wrong value does
  await expect(page.getByRole('button', { name: /^Train 5,000 steps/ })).toBeEnabled()
  await field(page, 'Batch size images').fill('many')
  await expect(page.getByText('Fix one setting to train')).toBeVisible()
  await field(page, 'Batch size images').fill('32')
  await keepPictures(page, 'new-warned')
}

async function keepsEdits(page: Page): Promise<void> {
  await nameField(page).fill('my own name')
  await card(page, 'Bernoulli ELBO').click()
  await field(page, 'Beta').fill('50')
  await expect(warning(page, 'the latent space usually collapses')).toBeVisible()
  await expect(changes(page).getByRole('button', { name: /Batch size/ })).toContainText('64 32')
  // the tutorial's loss has no beta: left out, said, and back with undo
  await card(page, 'The tutorial').click()
  await expect(changes(page)).not.toContainText('Beta')
  await expect(page.getByText("Left out because they don't fit: Beta.")).toBeVisible()
  await page.keyboard.press('ControlOrMeta+z')
  await expect(field(page, 'Beta')).toHaveValue('50')
  await page.reload()
  await expect(field(page, 'Beta')).toHaveValue('50')
  await expect(nameField(page)).toHaveValue('my own name')
  await changes(page).getByRole('button', { name: /^Beta/ }).click()
  await expect(field(page, 'Beta')).toHaveValue('1')
  await page.getByRole('button', { name: /^Undo/ }).first().click()
  await expect(field(page, 'Beta')).toHaveValue('50')
  await changes(page).getByRole('button', { name: 'Reset all' }).click()
  await expect(changes(page)).toHaveText('All settings as in the preset.')
  await expect(nameField(page)).toHaveValue('my own name')
}

async function helped(page: Page): Promise<void> {
  await page.setViewportSize({ width: 800, height: 600 })
  await field(page, 'Beta').focus()
  const help = page.getByRole('tooltip')
  await expect(help).toContainText('blurrier images')
  await expect(help).toContainText('Usual: 0.5 to 8.')
  const [shown, at] = await Promise.all([help.boundingBox(), field(page, 'Beta').boundingBox()])
  expect(shown!.x).toBeGreaterThanOrEqual(0)
  expect(shown!.y).toBeGreaterThanOrEqual(0)
  expect(shown!.x + shown!.width).toBeLessThanOrEqual(800)
  expect(shown!.y + shown!.height).toBeLessThanOrEqual(600)
  const apart =
    shown!.y > at!.y ? shown!.y - (at!.y + at!.height) : at!.y - (shown!.y + shown!.height)
  expect(apart).toBeGreaterThanOrEqual(0)
  expect(apart).toBeLessThan(60)
  await page.keyboard.press('Escape')
  await expect(help).toHaveCount(0)
  await page.setViewportSize({ width: 1440, height: 900 })
}

async function estimated(page: Page, client: Client): Promise<string> {
  const config = {
    ...configFrom('elbo-2d', { length: 300, lengthUnit: 'steps', frames: 4, evaluateEvery: 100 }),
  }
  const { id } = await client.runs.create({ name: 'Quick', config })
  await expect
    .poll(async () => (await client.runs.get({ run: id })).status, { timeout: 60_000 })
    .toBe('finished')
  await expect(page.getByText(/^About \d+ (s|min) of training, from your run/)).toBeVisible()
  await field(page, 'Encoder layers').fill('512, 256')
  await expect(page.getByText(/^About \d+ (s|min) of training, scaled from your run/)).toBeVisible()
  await open(page, `new?from=${id}`)
  await expect(changes(page)).toContainText('From Quick')
  // exactly that run's settings; what was typed into another draft comes back with undo
  await expect(field(page, 'Encoder layers')).toHaveValue('256, 128')
  await expect(page.getByText('Your earlier changes were set aside.')).toBeVisible()
  await field(page, 'Encoder layers').fill('512, 256')
  await nameField(page).fill('')
  await expect(nameField(page)).toHaveAttribute('placeholder', 'Quick encoderLayers=512-256')
  return id
}

const sides = async (element: Locator) => {
  const box = (await element.boundingBox())!
  return [box.x, box.x + box.width]
}

async function aligned(page: Page, run: string): Promise<void> {
  await open(page, `run/${run}`)
  // what was done to the form is undone there only
  await expect(page.getByText('Took the settings of')).toHaveCount(0)
  const plots = page.getByRole('region', { name: 'Loss', exact: true }).locator('.u-over')
  await expect(plots).toHaveCount(3)
  const timeline = page.getByRole('slider', { name: 'Timeline of training' })
  const margin = 12 // pixels of the timeline beside its steps, so that the marker is never cut
  const widths: number[] = []
  for (const size of [
    { width: 800, height: 600 },
    { width: 1440, height: 900 },
  ]) {
    await page.setViewportSize(size)
    await expect(plots).toHaveCount(size.width === 1440 ? 3 : 1)
    const [left = 0, right = 0] = await sides(timeline)
    for (const plot of await plots.all())
      await expect.poll(() => sides(plot)).toEqual([left + margin, right - margin])
    widths.push(right - left)
    // labels at line ends are whole: inside the window and not scrolled over
    for (const label of await page.locator('.plot .label').all()) {
      const [from = 0, to = 0] = await sides(label)
      expect(from).toBeGreaterThan(left)
      expect(to).toBeLessThanOrEqual(
        (await sides(page.getByRole('region', { name: 'Loss', exact: true })))[1]!,
      )
    }
  }
  expect(widths[1]).toBeGreaterThan(widths[0]!)
  // the values are those of the step under the pointer, and stand above the plot
  await plots.last().hover()
  const values = page.getByRole('region', { name: 'Loss', exact: true }).locator('.values').last()
  await expect(values).toHaveText(
    /^Step \d+ train \d+\.\d \(raw \d+\.\d\), validation \d+\.\d at step (100|200|300)$/,
  )
  const told = (await values.boundingBox())!
  expect(told.y + told.height).toBeLessThanOrEqual((await plots.last().boundingBox())!.y)
  await keepPictures(page, 'run-charts')
}
