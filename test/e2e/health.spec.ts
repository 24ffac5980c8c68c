// A run whose posterior collapsed: said in the table, on its page and in the tools, with what to
// try and without a tick. A row of the table opens wherever it is pressed.
import { configFrom } from '../../preload/contract/config.ts'
import { connectSocket } from '../../preload/contract/connection.ts'
import { expect, test } from './studio.ts'

test('a collapsed run is said to be one, everywhere', async ({ page, studio, complaints }) => {
  const url = new URL(studio.url)
  const connection = connectSocket(`ws://${url.host}/rpc${url.search}`)
  const small = {
    encoderLayers: [16],
    decoderLayers: [16],
    length: 600,
    lengthUnit: 'steps',
    evaluateEvery: 300,
    frames: 3,
  }
  const config = { ...configFrom('elbo-2d', { ...small, beta: 50, learningRate: 5e-3 }) }
  const { id } = await connection.client.runs.create({ config, name: 'Flat' })
  await expect
    .poll(async () => (await connection.client.runs.get({ run: id })).status, { timeout: 60_000 })
    .toBe('finished')
  connection.close()

  await page.goto(studio.url)
  const row = page.getByRole('row', { name: /Flat/ })
  const badge = row.getByRole('button', { name: 'collapsed' })
  await expect(badge).toBeVisible()
  await badge.click()
  const note = page.getByRole('note').filter({ hasText: 'Posterior collapse' })
  await expect(note).toContainText('No latent dimension is active')
  await expect(note).toContainText(
    'a lower beta (now 50; 1 is the ELBO), a beta warm-up from 0, or free bits',
  )
  await expect(page).toHaveURL(/:\d+\/(#\/(runs)?)?$/)
  await page.keyboard.press('Escape')

  await row
    .getByText(/100|16-2/)
    .first()
    .click()
  await expect(page).toHaveURL(new RegExp(`#/run/${id}`))
  await expect(page.locator('header').getByRole('button', { name: 'collapsed' })).toBeVisible()
  await expect(page.getByRole('note', { name: 'Training collapsed' })).toContainText('a lower beta')
  await page.goto(`${url.origin}/#/explore/${id}`)
  await expect(page.getByRole('note', { name: 'Training collapsed' })).toBeVisible()
  await expect(
    page.getByText(
      'all images have nearly the same code, and every point decodes to nearly the same image.',
    ),
  ).toBeVisible()
  await page.keyboard.press('?')
  const groups = page.getByRole('dialog', { name: 'Keyboard shortcuts' }).getByRole('heading')
  await expect(groups.first()).toHaveText('Latent plane')
  await expect(groups.last()).toHaveText('Anywhere')
  expect(complaints).toEqual([])
})
