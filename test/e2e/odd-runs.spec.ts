// Every tool of Explore on runs that are not as usual, in a browser without WebGL: one latent
// dimension, no checkpoint yet, checkpoints that somebody removed, data without labels. Each says
// what is the matter, and none complains.
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Client } from '../../preload/contract/client.ts'
import { configFrom } from '../../preload/contract/config.ts'
import { connectSocket } from '../../preload/contract/connection.ts'
import { complaintsOf, expect, test, type Page } from './studio.ts'
import { fingerprint, manifold } from './screen.ts'

test.use({ trace: 'off' })
test.setTimeout(120_000)
test.use({
  launchOptions: async ({ launchOptions }, use) =>
    use({ ...launchOptions, args: [...(launchOptions.args ?? []), '--disable-3d-apis'] }),
})
const often = { intervals: [50], timeout: 30_000 }
const asking = ['plane', 'interpolate', 'encode', 'dimensions', 'attributes', 'samplers'] as const
const small = {
  length: 60,
  lengthUnit: 'steps',
  batchSize: 64,
  frames: 4,
  evaluateEvery: 30,
  learningRate: 2e-3,
  activation: 'relu',
}

async function train(
  client: Client,
  name: string,
  changes: Record<string, unknown>,
): Promise<string> {
  const { id } = await client.runs.create({
    name,
    config: { ...configFrom('elbo-2d', { ...small, ...changes }) },
  })
  await expect.poll(async () => (await client.runs.get({ run: id })).status, often).toBe('finished')
  return id
}

const open = (page: Page, hash: string) => page.goto(`${page.url().split('#')[0]}#/${hash}`)
const picture = (page: Page, name: string | RegExp) =>
  page.getByRole('img', { name }).locator('canvas').first()
const size = (page: Page, name: string) =>
  picture(page, name).evaluate((canvas: HTMLCanvasElement) => [canvas.width, canvas.height])

test('runs that are not as usual', async ({ page, studio, complaints }) => {
  const { host, search } = new URL(studio.url)
  const connection = connectSocket(`ws://${host}/rpc${search}`)
  const { client } = connection
  const line = await train(client, 'Line', { latentSize: 1 })
  const lost = await train(client, 'Lost', {})
  const untrained = (
    await client.runs.create({
      name: 'Untrained',
      config: { ...configFrom('elbo-2d', small) },
      start: false,
    })
  ).id
  await page.goto(studio.url)
  expect(
    await page.evaluate(() => document.createElement('canvas').getContext('webgl2')),
  ).toBeNull()
  await test.step('one latent dimension', () => oneDimension(page, line, lost))
  await test.step('data without labels', () => withoutLabels(page, studio.url, lost))
  await test.step('no checkpoint yet', () =>
    refused(page, untrained, lost, /Expected a run with a checkpoint/))
  await test.step('checkpoints that are gone', async () => {
    const folder = join(studio.dataFolder, 'runs', lost)
    const files = readdirSync(folder).filter((name) => name.endsWith('.safetensors'))
    expect(files.length).toBeGreaterThan(0)
    for (const name of files) rmSync(join(folder, name))
    await refused(
      page,
      lost,
      line,
      /Expected a usable checkpoint|This run has no usable checkpoint/,
    )
  })
  connection.close()
  expect(complaints).toEqual([])
})

async function oneDimension(page: Page, line: string, other: string): Promise<void> {
  await open(page, `explore/${line}`)
  await expect(page.locator('canvas.points:not([hidden])')).toHaveAttribute('data-drawn-by', '2d')
  await expect.poll(() => size(page, 'Manifold'), often).toEqual([20 * 28, 28])
  await open(page, `explore/${line}?tool=film&with=${other}`)
  // 20 places along the line, five beside each other; all of the plane's 400
  await expect.poll(() => size(page, 'Manifold of Line'), often).toEqual([5 * 28, 4 * 28])
  await expect.poll(() => size(page, 'Manifold of Lost'), often).toEqual([20 * 28, 20 * 28])
  await open(page, `explore/${line}?tool=interpolate`)
  await expect.poll(() => fingerprint(picture(page, 'Interpolation, leg 1')), often).not.toBe(0)
  await open(page, `explore/${line}?tool=encode`)
  await expect.poll(() => fingerprint(picture(page, 'Reconstruction')), often).not.toBe(0)
  await open(page, `explore/${line}?tool=dimensions`)
  await expect(
    page.getByRole('group', { name: 'Latent dimensions' }).getByRole('slider'),
  ).toHaveCount(1)
  await open(page, `explore/${line}?tool=attributes`)
  await expect
    .poll(() => fingerprint(picture(page, 'Decoded images by strength')), often)
    .not.toBe(0)
  await open(page, `explore/${line}?tool=compare&with=${other}`)
  for (const name of ['Decoded by Line', 'Decoded by Lost'])
    await expect.poll(() => fingerprint(picture(page, name)), often).not.toBe(0)
  await open(page, `explore/${line}?tool=samplers&k=3`)
  await expect(page.getByRole('table', { name: 'Clusters' }).getByRole('row')).toHaveCount(4, often)
  await open(page, `run/${line}`)
  await expect(page.getByText('z₁ from −3 to 3, row by row', { exact: true })).toBeVisible()
  await expect
    .poll(() => manifold(page).evaluate((canvas: HTMLCanvasElement) => canvas.height), often)
    .toBe(4 * 28)
}

/**
 * The page is told that the data has no labels, at the edge of the contract: no data set of the
 * program lacks them.
 */
async function withoutLabels(page: Page, url: string, run: string): Promise<void> {
  const bare = await page.context().newPage()
  const complaints = await complaintsOf(bare)
  await bare.routeWebSocket(/\/rpc/, (socket) => {
    const server = socket.connectToServer()
    server.onMessage((message) =>
      socket.send(
        typeof message === 'string'
          ? unlabelled(message)
          : Buffer.from(unlabelled(message.toString('latin1')), 'latin1'),
      ),
    )
  })
  await bare.goto(url)
  await open(bare, `explore/${run}`)
  await expect(bare.getByText(/images, step 60, without labels/)).toBeVisible(often)
  await open(bare, `explore/${run}?tool=interpolate`)
  await expect.poll(() => fingerprint(picture(bare, 'Interpolation, leg 1')), often).not.toBe(0)
  await expect(bare.getByRole('radio', { name: 'Class' })).toHaveCount(0)
  await open(bare, `explore/${run}?tool=attributes`)
  await expect
    .poll(() => fingerprint(picture(bare, 'Decoded images by strength')), often)
    .not.toBe(0)
  await open(bare, `explore/${run}?tool=samplers&k=3`)
  await expect(
    bare.getByText('This data set has no labels to compare the clusters with.'),
  ).toBeVisible()
  await expect(bare.getByRole('table', { name: 'Clusters' }).getByRole('row')).toHaveCount(4, often)
  expect(complaints).toEqual([])
  await bare.close()
}

const unlabelled = (message: string) =>
  message
    .replace(/"classes":\[\{.*?\}\]/g, '"classes":[]')
    .replace(/"(classes|labels)":\[[^\]]*\]/g, '"$1":[]')
    .replace(/"label":\d+/g, '"label":null')
    .replace(/"purity":[\d.]+/g, '"purity":null')

/**
 * What asks weights says why there is nothing to see; the film and a comparison go on with what
 * there is.
 */
async function refused(page: Page, run: string, other: string, says: RegExp): Promise<void> {
  for (const tool of asking) {
    await open(page, `explore/${run}?tool=${tool}`)
    await expect(page.getByText(says).first(), tool).toBeVisible(often)
  }
  await expect(page.getByText('Nothing fitted yet.')).toBeVisible()
  await open(page, `explore/${run}?tool=compare&with=${other}`)
  await expect(page.getByText(says).first()).toBeVisible(often)
  await expect.poll(() => fingerprint(picture(page, /^Decoded by (Line|Lost)$/)), often).not.toBe(0)
  await open(page, `explore/${run}?tool=film`)
  await expect(
    page
      .getByText('This run has no stored frames.')
      .or(page.getByRole('img', { name: 'Manifold of Lost' })),
  ).toBeVisible()
}
