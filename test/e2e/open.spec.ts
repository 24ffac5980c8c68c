// Opening the studio in a browser: the token leaves the address, every route opens without a
// complaint, a reload stays, and without the cookie nothing is given out.
import { expect, test } from './studio.ts'

test('opens, gives its token up, and shows every place without a complaint', async ({
  page,
  studio,
  complaints,
}) => {
  await page.goto(studio.url)
  await expect(page).toHaveTitle(/Latent Studio/)
  await expect.poll(() => page.url()).not.toMatch(/token|ticket/)
  for (const route of ['runs', 'new', 'explore', 'data', 'setup']) {
    await page.goto(`${new URL(studio.url).origin}/#/${route}`)
    await expect(page.locator('#app')).not.toBeEmpty()
    await page.reload()
    expect(page.url()).toContain(`#/${route}`)
    await expect(page.locator('#app')).not.toBeEmpty()
  }
  expect(complaints).toEqual([])
})

test('gives nothing to a browser without the token', async ({ page, studio }) => {
  const answer = await page.goto(new URL(studio.url).origin)
  expect(answer?.status()).toBe(401)
})
