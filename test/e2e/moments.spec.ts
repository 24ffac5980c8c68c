// Every tool of Explore at every stored moment of a run: frames and checkpoints alike have weights,
// so that each shows its picture for that very step; where weights are gone, the nearest ones are
// shown and named. LATENT_FRAMES=50 walks over as many frames as a run keeps by itself.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Client } from '../../preload/contract/client.ts'
import { configFrom } from '../../preload/contract/config.ts'
import { connectSocket } from '../../preload/contract/connection.ts'
import { expect, test, type Page } from './studio.ts'
import { keepPictures } from './screen.ts'

test.use({ trace: 'off' })
test.setTimeout(300_000)
const often = { intervals: [50], timeout: 150_000 }

// what a tool shows, by the text that goes with its picture
const tools: Record<string, string> = {
  plane:
    '[role="img"][aria-label="Manifold"], [role="img"][aria-label="Decoded image under the cursor"]',
  interpolate: '[role="img"][aria-label="Interpolation, leg 1"]',
  encode: '[role="img"][aria-label="Reconstruction"]',
  film: '[role="img"][aria-label^="Manifold of"]',
  dimensions: '[role="img"][aria-label^="Decoded images along"]',
  attributes: '[role="img"][aria-label="Decoded images by strength"]',
  compare: '[role="img"][aria-label="Decoded by Moments"]',
  samplers: '[role="img"][aria-label^="Prior: "]',
}

/** Paused on its way: that leaves a checkpoint where no frame is. */
async function train(client: Client): Promise<string> {
  const frames = Number(process.env['LATENT_FRAMES'] ?? 10)
  const config = configFrom('tutorial', {
    length: 2000,
    batchSize: 64,
    evaluateEvery: 1000,
    frames,
  })
  const { id } = await client.runs.create({ config: { ...config }, name: 'Moments' })
  await expect
    .poll(async () => (await client.runs.get({ run: id })).step, often)
    .toBeGreaterThan(100)
  await client.runs.pause({ run: id })
  await client.runs.resume({ run: id })
  await expect.poll(async () => (await client.runs.get({ run: id })).status, often).toBe('finished')
  return id
}

interface Miss {
  tool: string
  step: number
  found: string
}

/**
 * Walks a tool over all steps by the address, without a reload; returns where it did not show that
 * step.
 */
function walk(
  page: Page,
  run: string,
  tool: string,
  steps: readonly number[],
  selector: string,
): Promise<Miss[]> {
  return page.evaluate(
    async ({ run, tool, steps, selector }) => {
      const missed: { tool: string; step: number; found: string }[] = []
      const drawn = (picture: Element) => {
        const canvas = picture.querySelector('canvas')
        return canvas !== null && !canvas.classList.contains('none') && canvas.width > 1
      }
      for (const step of steps) {
        location.hash = `#/explore/${run}?tool=${tool}&step=${step}`
        const named = new RegExp(`step ${step.toLocaleString('en-US')}(?![\\d,]*\\d)`)
        const shows = () => {
          const pictures = [...document.querySelectorAll(selector)]
          return (
            pictures.length > 0 &&
            pictures.every((each) => drawn(each) && named.test(each.textContent ?? ''))
          )
        }
        const until = performance.now() + 60_000
        while (!shows() && performance.now() < until)
          await new Promise((turn) => requestAnimationFrame(turn))
        if (
          !shows() ||
          document.querySelector('[role="alert"]') ||
          document.querySelector('.note [role="status"]')
        )
          missed.push({
            tool,
            step,
            found: (document.querySelector('main')?.textContent ?? '').slice(0, 300),
          })
      }
      return missed
    },
    { run, tool, steps, selector },
  )
}

test('every tool at every stored moment', async ({ page, studio, complaints }) => {
  const { host, search } = new URL(studio.url)
  const connection = connectSocket(`ws://${host}/rpc${search}`)
  const { client } = connection
  const run = await train(client)
  const frames = (await client.runs.frames({ run })).map(({ step }) => step)
  const checkpoints = await client.runs.checkpoints({ run })
  const moments = [...new Set([...frames, ...checkpoints.map(({ step }) => step)])].sort(
    (a, b) => a - b,
  )
  expect(frames.length).toBeGreaterThanOrEqual(10)
  expect(checkpoints.filter(({ reason }) => reason === 'frame').map(({ step }) => step)).toEqual(
    frames,
  )
  expect(moments.length).toBeGreaterThan(frames.length)
  const other = await client.runs.create({
    config: { ...configFrom('tutorial', { length: 20, frames: 2 }) },
    name: 'Other',
  })

  await page.goto(studio.url)
  for (const [tool, selector] of Object.entries(tools))
    await test.step(tool, async () => {
      // the film's pictures are frames: of a checkpoint between two it shows the nearest
      const steps = tool === 'film' ? frames : moments
      expect(
        await walk(
          page,
          run,
          tool === 'compare' ? `compare&with=${other.id}` : tool,
          steps,
          selector,
        ),
      ).toEqual([])
    })
  await test.step('weights that are gone', () => gone(page, client, run, studio.dataFolder, frames))
  connection.close()
  expect(complaints).toEqual([])
})

async function gone(
  page: Page,
  client: Client,
  run: string,
  dataFolder: string,
  frames: readonly number[],
): Promise<void> {
  const lost = frames.at(-3)!
  const { file } = (await client.runs.checkpoints({ run })).find(({ step }) => step === lost)!
  rmSync(join(dataFolder, 'runs', run, file))
  await page.goto(`${page.url().split('#')[0]}#/explore/${run}?tool=encode&step=${lost}`)
  const note = page.getByRole('status').filter({ hasText: 'No checkpoint at step' })
  await expect(note).toBeVisible(often)
  const usable = (await client.runs.checkpoints({ run }))
    .filter(({ usable }) => usable)
    .map(({ step }) => step)
  const nearest = usable.reduce((best, step) =>
    Math.abs(step - lost) < Math.abs(best - lost) ? step : best,
  )
  const words = `No checkpoint at step ${lost.toLocaleString('en-US')}. Showing the nearest one, step ${nearest.toLocaleString('en-US')}.`
  await expect(note).toHaveText(words)
  const shown = page.getByRole('img', { name: 'Reconstruction' })
  await expect(shown).toContainText(`step ${nearest.toLocaleString('en-US')}`, often)
  await keepPictures(page, 'explore-nearest')
  // the film still has its picture of that step
  await page.goto(`${page.url().split('#')[0]}#/explore/${run}?tool=film&step=${lost}`)
  await expect(page.getByRole('img', { name: 'Manifold of Moments' })).toContainText(
    `step ${lost.toLocaleString('en-US')}`,
    often,
  )
  await expect(note).toHaveCount(0)
}
