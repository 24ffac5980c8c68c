// The latent explorer in a real browser: `npm run soak -- explore [SECONDS] [MOVES]` (4, 300).
// Prints how long a frame of the screen takes while a plane with all 70,000 points is panned, how
// long a 40 x 40 manifold takes from the request to its picture, how long the timeline takes from
// the pointer's event to the frame it stands on, and the drag, when the run rests and while it
// trains. WebGL runs in software here: the renderer's name is printed.
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Page } from '@playwright/test'
import { findChromium } from '../../apps/testing/chromium.ts'
import type { Client } from '../../preload/contract/client.ts'
import { configFrom } from '../../preload/contract/config.ts'
import { connectSocket } from '../../preload/contract/connection.ts'
import { startStudio } from '../e2e/studio.ts'
import { at, measureDrag, until } from './drag.ts'

const steps = 2000

interface Targets {
  /** Milliseconds, as the plan has them. */
  pan: number
  manifold: number
  scrub: number
  idle: number
  training: number
}
const targets: Targets = { pan: 33, manifold: 60, scrub: 16, idle: 16, training: 50 }

const plane = (page: Page) => page.getByRole('application', { name: /^Latent plane/ })

async function open(page: Page, run: string, rest: string): Promise<void> {
  await page.goto(`${new URL(page.url()).origin}/#/explore/${run}${rest}`)
  await page.reload()
  await plane(page).waitFor()
}

/**
 * Pans with the right button for some seconds; the times between frames of the screen, sorted out
 * by the page itself.
 */
async function panFrames(
  page: Page,
  seconds: number,
): Promise<{ frames: number[]; renderer: string; drawnBy: string; webGl: number }> {
  const box = (await plane(page).boundingBox())!
  const middle: [number, number] = [box.x + box.width / 2, box.y + box.height / 2]
  await page.mouse.move(...middle)
  await page.mouse.down({ button: 'right' })
  await page.evaluate(() => {
    const times: number[] = []
    const turn = (now: number) => {
      times.push(now)
      ;(globalThis as unknown as { turn: number }).turn = requestAnimationFrame(turn)
    }
    Object.assign(globalThis, { times, turn: requestAnimationFrame(turn) })
  })
  const end = performance.now() + seconds * 1000
  for (let move = 0; performance.now() < end; move++) {
    await page.mouse.move(
      middle[0] + 90 * Math.sin(move / 14),
      middle[1] + 70 * Math.cos(move / 11),
    )
    await page.waitForTimeout(6)
  }
  const found = await page.evaluate(() => {
    const { times, turn } = globalThis as unknown as { times: number[]; turn: number }
    cancelAnimationFrame(turn)
    const gl = document.createElement('canvas').getContext('webgl2')
    const names = gl?.getExtension('WEBGL_debug_renderer_info')
    return {
      frames: times.slice(1).map((time, index) => time - times[index]!),
      renderer: gl
        ? String(gl.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl.RENDERER))
        : 'no WebGL',
      webGl: performance.getEntriesByName('latent-webgl').at(-1)?.duration ?? NaN,
      drawnBy:
        document.querySelector<HTMLElement>('canvas.points:not([hidden])')?.dataset['drawnBy'] ??
        'nothing',
    }
  })
  await page.mouse.up({ button: 'right' })
  return found
}

/** From the request to the drawn picture, one for each zoom at rest. */
async function manifoldTimes(page: Page, times: number): Promise<number[]> {
  const found: number[] = []
  for (let time = 0; time < times; time++) {
    await page.evaluate(() => performance.clearMeasures('latent-manifold'))
    await page.getByRole('button', { name: time % 2 === 0 ? 'Zoom in' : 'Zoom out' }).click()
    await page.waitForFunction(() => performance.getEntriesByName('latent-manifold').length > 0)
    found.push(
      await page.evaluate(() => performance.getEntriesByName('latent-manifold').at(-1)!.duration),
    )
  }
  return found
}

/** Drags along the timeline of the film; from each event to the frame that is drawn for it. */
async function scrubTimes(page: Page, moves: number): Promise<number[]> {
  const box = (await page.getByRole('slider', { name: 'Timeline of training' }).boundingBox())!
  const place = (move: number): [number, number] => [
    box.x + box.width * (0.5 + 0.4 * Math.sin(move / 25)),
    box.y + box.height / 2,
  ]
  await page.mouse.move(...place(0))
  await page.mouse.down()
  // once through, so that the frames are here: a film that was seen is scrubbed, not fetched
  for (let move = 0; move < 160; move++) {
    await page.mouse.move(...place(move))
    await page.waitForTimeout(16)
  }
  await page.evaluate(() => performance.clearMeasures('film-scrub'))
  for (let move = 0; move < moves; move++) {
    await page.mouse.move(...place(move))
    await page.waitForTimeout(16)
  }
  await page.waitForTimeout(300)
  await page.mouse.up()
  return page.evaluate(() =>
    performance.getEntriesByName('film-scrub').map((entry) => entry.duration),
  )
}

function tell(title: string, values: number[], target: number, rest = ''): void {
  if (values.length === 0) throw new Error(`expected measurements of ${title}, found none`)
  const [p50, p95] = [at(values, 0.5), at(values, 0.95)]
  const verdict = p95 <= target ? 'within' : 'OVER'
  console.log(
    `${title}: p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms of ${values.length}; ${verdict} the target of ${target} ms${rest}`,
  )
}

async function measure(client: Client, page: Page, seconds: number, moves: number): Promise<void> {
  const config = { ...configFrom('tutorial'), length: steps }
  const { id } = await client.runs.create({ config, preset: 'tutorial' })
  await until(client, id, 'finished')
  console.log(
    `${cpus().length} cores, load ${loadavg()[0]!.toFixed(1)}; dense decoder 2-50-100-784, ${steps} steps`,
  )
  await open(page, id, '?codes=all&layers=points')
  const began = performance.now()
  await page.getByText(/^70,000 images, step/).waitFor({ timeout: 120_000 })
  console.log(
    `70,000 images encoded and shown after ${((performance.now() - began) / 1000).toFixed(1)} s`,
  )
  const { frames, renderer, drawnBy, webGl } = await panFrames(page, seconds)
  tell(
    'frame while panning 70,000 points',
    frames,
    targets.pan,
    `; drawn by ${drawnBy}; one drawing by WebGL took ${webGl.toFixed(1)} ms on ${renderer}`,
  )
  await open(page, id, '?codes=all')
  await page.getByText(/^70,000 images, step/).waitFor({ timeout: 120_000 })
  tell(
    'frame while panning points and manifold',
    (await panFrames(page, seconds)).frames,
    targets.pan,
  )
  await open(page, id, '?grid=40&layers=manifold')
  await manifoldTimes(page, 3) // compiles its shapes
  tell('40 x 40 manifold, request to picture', await manifoldTimes(page, 60), targets.manifold)
  await open(page, id, '')
  await page.getByText(/^5,000 images, step/).waitFor()
  const idle = await measureDrag(page, moves)
  tell(
    'drag while the run rests',
    idle.durations,
    targets.idle,
    `; ${idle.drawn} pictures of ${moves} moves`,
  )
  await page.goto(`${new URL(page.url()).origin}/#/explore/${id}?tool=film`)
  await page.reload()
  await page.getByRole('slider', { name: 'Timeline of training' }).waitFor()
  await page.waitForTimeout(1500)
  tell('film, timeline to frame', await scrubTimes(page, moves), targets.scrub)
  await measureTraining(client, page, moves)
}

async function measureTraining(client: Client, page: Page, moves: number): Promise<void> {
  const { id } = await client.runs.create({
    config: { ...configFrom('tutorial'), length: 1e7 },
    preset: 'tutorial',
  })
  await until(client, id, 'running', 200)
  await open(page, id, '')
  await page.getByText(/^5,000 images, step/).waitFor()
  const before = (await client.runs.get({ run: id })).step
  const drag = await measureDrag(page, moves)
  const trained = (await client.runs.get({ run: id })).step - before
  tell(
    'drag while it trains',
    drag.durations,
    targets.training,
    `; ${drag.drawn} pictures of ${moves} moves, ${trained} steps passed`,
  )
  if (trained <= 0) throw new Error('expected training to go on under the drag, found no step')
  await client.runs.stop({ run: id })
}

export async function run([seconds = '4', moves = '300']: string[]): Promise<void> {
  const [long, many] = [Number(seconds), Number(moves)]
  if (!(long > 0) || !Number.isInteger(many) || many < 1)
    throw new Error(`expected [SECONDS] [MOVES], found ${seconds} ${moves}`)
  const executablePath = findChromium()
  if (executablePath === undefined)
    throw new Error('expected a chromium, found none: name one in LATENT_CHROMIUM')
  const folder = mkdtempSync(join(tmpdir(), 'latent-explore-'))
  const studio = await startStudio(folder)
  const args = [
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    '--enable-unsafe-swiftshader',
  ]
  const browser = await chromium.launch({ executablePath, args })
  const url = new URL(studio.url)
  const connection = connectSocket(`ws://${url.host}/rpc${url.search}`)
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    await page.goto(studio.url)
    await measure(connection.client, page, long, many)
  } finally {
    connection.close()
    await browser.close()
    await studio.end()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
