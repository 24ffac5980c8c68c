// Two programs on one data folder: `latent train` beside a server that trains another run. Both
// runs are seen live in the browser and both finish; a server that is killed leaves both to the
// next one, which goes on with them.
import { start, type Finished } from '../cli/latent.ts'
import { expect, startStudio, test, type OpenStudio, type Page } from './studio.ts'

// small, and on the rung that every machine has
const small = [
  '--backend',
  'wasm',
  '--set',
  'encoderLayers=16',
  '--set',
  'decoderLayers=16',
  '--set',
  'batchSize=16',
  '--set',
  'frames=4',
]
const steps = 1000
const often = { intervals: [30], timeout: 90_000 }
test.setTimeout(300_000)
test.use({ actionTimeout: 30_000, trace: 'off' })

const train = ({ dataFolder }: OpenStudio, name: string, ...more: string[]): Promise<Finished> =>
  start(['train', '--name', name, '--steps', String(steps), ...small, ...more], {
    LATENT_STUDIO_HOME: dataFolder,
  }).finished

const rowOf = (page: Page, name: string) =>
  page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) })
const statusOf = (page: Page, name: string) => rowOf(page, name).locator('.status .status')

async function stepOf(page: Page, name: string): Promise<number> {
  const text = (await rowOf(page, name).locator('td.status p').textContent()) ?? ''
  return Number(/^[\d,]+/.exec(text.trim())?.[0].replaceAll(',', '') ?? NaN)
}

/** By the key that pauses and resumes, on the run's row. */
async function toggle(page: Page, name: string): Promise<void> {
  await page.getByRole('link', { name, exact: true }).focus()
  await page.keyboard.press('Space')
}

/**
 * The server's run waits until the command's run trains: however fast or slow the machine, they
 * train at once.
 */
async function trainBoth(page: Page, studio: OpenStudio): Promise<{ finished: Promise<Finished> }> {
  await page.goto(studio.url)
  expect((await train(studio, 'of the server', '--detach')).code).toBe(0)
  await expect(statusOf(page, 'of the server')).toHaveText('running', often)
  await toggle(page, 'of the server')
  await expect(statusOf(page, 'of the server')).toHaveText('paused')
  const command = train(studio, 'of the command')
  await expect(statusOf(page, 'of the command')).toHaveText('running', often)
  await toggle(page, 'of the server')
  const [first, second] = [
    await stepOf(page, 'of the server'),
    await stepOf(page, 'of the command'),
  ]
  const bothTrain = async () => {
    const statuses = [
      await statusOf(page, 'of the server').innerText(),
      await statusOf(page, 'of the command').innerText(),
    ]
    return [
      ...statuses,
      (await stepOf(page, 'of the server')) > first,
      (await stepOf(page, 'of the command')) > second,
    ]
  }
  await expect.poll(bothTrain, often).toEqual(['running', 'running', true, true])
  return { finished: command }
}

test('a command trains beside the server’s run: both are seen live, both finish', async ({
  page,
  studio,
  complaints,
}) => {
  const { finished } = await trainBoth(page, studio)
  const { code, stdout } = await finished
  expect({ code, stdout }).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/finished, 1,000 of 1,000 steps/),
  })
  for (const name of ['of the server', 'of the command']) {
    await expect(statusOf(page, name)).toHaveText('finished', often)
    expect(await stepOf(page, name)).toBe(steps)
  }
  expect(complaints).toEqual([])
})

test('a killed server leaves both runs to the next one', async ({ page, studio }) => {
  const { finished } = await trainBoth(page, studio)
  const seen = [await stepOf(page, 'of the server'), await stepOf(page, 'of the command')]
  await studio.kill()
  const { code, stderr } = await finished
  expect(code).toBe(1)
  expect(stderr.trim().split('\n').at(-1)).toMatch(/latent resume \w+/)
  const next = await startStudio(studio.dataFolder)
  try {
    await page.goto(next.url)
    for (const [index, name] of ['of the server', 'of the command'].entries()) {
      await expect(statusOf(page, name)).toHaveText('interrupted')
      expect(await stepOf(page, name)).toBeGreaterThanOrEqual(seen[index]!)
      await toggle(page, name)
    }
    for (const name of ['of the server', 'of the command']) {
      await expect(statusOf(page, name)).toHaveText('finished', often)
      expect(await stepOf(page, name)).toBe(steps)
    }
  } finally {
    await next.end()
  }
})
