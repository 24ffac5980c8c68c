// A server that is killed while a page is open: the page greys out and says so at once, keeps what
// was typed, and is live again by itself when the same data folder is served again, on the same
// address.
import { start } from '../cli/latent.ts'
import { keepPictures, statusOf, stepOf } from './screen.ts'
import { expect, startStudio, test, type Page } from './studio.ts'

const small = [
  '--backend',
  'wasm',
  '--set',
  'encoderLayers=16',
  '--set',
  'decoderLayers=16',
  '--set',
  'batchSize=16',
]
test.setTimeout(240_000)
test.use({ actionTimeout: 30_000, trace: 'off' })

const banner = (page: Page) => page.locator('main .banner[role=alert]')
const waits = { timeout: 60_000 }

interface Stretch {
  follower: string
  first: number
  count: number
}

/** Every stretch of steps that followers were sent, whatever the connection. */
function stretchesOf(page: Page): Stretch[] {
  const stretches: Stretch[] = []
  let connection = 0
  page.on('websocket', (socket) => {
    const name = (connection += 1)
    socket.on('framereceived', ({ payload }) => {
      const text = payload.toString()
      if (!text.includes('"kind":"metrics"')) return
      const { i, p } = JSON.parse(text) as {
        i: string
        p: { d: { json: { firstStep: number; columns: { kl: number[] } } } }
      }
      stretches.push({
        follower: `${name}/${i}`,
        first: p.d.json.firstStep,
        count: p.d.json.columns.kl.length,
      })
    })
  })
  return stretches
}

/** Steps that a follower was sent twice, or not at all. */
function gapsIn(stretches: Stretch[]): string[] {
  const next = new Map<string, number>()
  return stretches.flatMap(({ follower, first, count }) => {
    const expected = next.get(follower) ?? first
    next.set(follower, first + count)
    return expected === first ? [] : [`${follower}: expected step ${expected}, found ${first}`]
  })
}

test('a page survives its server: it says so, keeps what was typed, and comes back', async ({
  page,
  studio,
}) => {
  const environment = { LATENT_STUDIO_HOME: studio.dataFolder }
  const stretches = stretchesOf(page)
  await page.goto(studio.url)
  expect(
    (
      await start(
        ['train', '--detach', '--name', 'survivor', '--steps', '1000000', ...small],
        environment,
      ).finished
    ).code,
  ).toBe(0)
  await page.getByRole('link', { name: 'survivor', exact: true }).first().click()
  await expect(statusOf(page)).toHaveText('running', waits)
  const notes = page.getByRole('textbox', { name: 'Notes' })
  await notes.fill('typed before')
  const address = page.url()
  const seen = await stepOf(page)

  await notes.pressSequentially(', typed as it died')
  await studio.kill()
  const killed = Date.now()
  await expect(banner(page)).toBeVisible({ timeout: 5000 })
  console.log(`the page said so ${((Date.now() - killed) / 1000).toFixed(2)} s after the kill`)
  await expect(banner(page)).toContainText('Notes and settings you typed are kept.')
  await expect(page.locator('main > .view')).toHaveClass(/lost/)
  await notes.pressSequentially(', and while it was away')
  await expect(banner(page)).toContainText('start it again with the same data folder', waits)
  // a view that is not live is greyed on purpose, below the contrast of one that is
  await keepPictures(page, 'lost-server', { axe: false })

  const next = await startStudio(studio.dataFolder)
  try {
    expect(new URL(next.url).port).toBe(new URL(studio.url).port)
    await expect(banner(page)).toHaveCount(0, waits)
    await expect(page.locator('main > .view')).not.toHaveClass(/lost/)
    expect(page.url()).toBe(address)
    const typed = 'typed before, typed as it died, and while it was away'
    await expect(notes).toHaveValue(typed)
    const stored = async () =>
      (await start(['show', 'survivor', '--json'], environment).finished).stdout
    await expect.poll(stored, { ...waits, intervals: [2000] }).toContain(typed)
    // what happens there is seen here again
    await expect(statusOf(page)).toHaveText('interrupted', waits)
    await page.getByRole('button', { name: 'Resume' }).click()
    await expect(statusOf(page)).toHaveText('running', waits)
    await expect.poll(() => stepOf(page), waits).toBeGreaterThan(seen)
    expect(stretches.length).toBeGreaterThan(0)
    expect(gapsIn(stretches)).toEqual([])
  } finally {
    await next.end()
  }
})
