// A drag through the latent plane in a real browser: milliseconds from the pointer's event to its
// decoded picture on the canvas, while the run trains and when it does not. `npm run soak -- drag
// [MOVES]` (500). The page measures itself: DecodedPicture.svelte writes a `latent-drag` entry for
// each picture it has put on the canvas.
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Page } from '@playwright/test'
import { findChromium } from '../../apps/testing/chromium.ts'
import { configFrom } from '../../preload/contract/config.ts'
import { connectSocket } from '../../preload/contract/connection.ts'
import type { Client } from '../../preload/contract/client.ts'
import type { RunStatus } from '../../preload/contract/records.ts'
import { startStudio } from '../e2e/studio.ts'

const pace = 1000 / 60 // milliseconds between two moves: what a browser makes of any mouse
const warmUp = 20 // moves that are not counted

export interface DragFigures {
  moves: number
  /**
   * Pictures of a move; the moves between them were overtaken by a newer one while a decode was
   * under way.
   */
  drawn: number
  /** Milliseconds from the event's time stamp to putImageData. */
  p50: number
  p95: number
  /** Of these, until the page was given the event. */
  handed50: number
  handed95: number
  /** All of them, event to putImageData. */
  durations: number[]
}

/** Drags `moves` times across the plane that the page shows. */
export async function measureDrag(page: Page, moves: number): Promise<DragFigures> {
  const box = await page.getByRole('application', { name: /Latent plane/ }).boundingBox()
  if (!box) throw new Error('expected the latent plane on the page, found none')
  const place = (move: number): [number, number] => [
    box.x + box.width * (0.5 + 0.4 * Math.sin(move / 17)),
    box.y + box.height * (0.5 + 0.4 * Math.cos(move / 23)),
  ]
  await page.mouse.move(...place(0))
  await page.mouse.down()
  for (let move = 1; move <= warmUp; move++) await page.mouse.move(...place(move))
  await page.evaluate(listen)
  const began = performance.now()
  for (let move = 1; move <= moves; move++) {
    await page.mouse.move(...place(warmUp + move))
    const ahead = began + move * pace - performance.now()
    if (ahead > 0) await page.waitForTimeout(ahead)
  }
  await page.waitForTimeout(500)
  await page.mouse.up()
  const { drawn, handed } = await page.evaluate(collect)
  const [p50, p95, handed50, handed95] = [
    at(drawn, 0.5),
    at(drawn, 0.95),
    at(handed, 0.5),
    at(handed, 0.95),
  ]
  return { moves, drawn: drawn.length, p50, p95, handed50, handed95, durations: drawn }
}

interface Listening {
  handed: number[]
  stop(): void
}

/** In the page: forgets the drags before, and notes how late each event is handed out. */
function listen(): void {
  performance.clearMeasures('latent-drag')
  const handed: number[] = []
  const note = (event: Event) => void handed.push(performance.now() - event.timeStamp)
  addEventListener('pointerrawupdate', note, true)
  const listening: Listening = {
    handed,
    stop: () => removeEventListener('pointerrawupdate', note, true),
  }
  Object.assign(globalThis, { listening })
}

/** In the page. */
function collect(): { drawn: number[]; handed: number[] } {
  const { listening } = globalThis as unknown as { listening: Listening }
  listening.stop()
  return {
    drawn: performance.getEntriesByName('latent-drag').map((entry) => entry.duration),
    handed: listening.handed,
  }
}

export function at(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN
}

export async function until(
  client: Client,
  run: string,
  status: RunStatus,
  step = 0,
): Promise<void> {
  for (;;) {
    const found = await client.runs.get({ run })
    if (found.status === status && found.step >= step) return
    if (['failed', 'diverged', 'interrupted'].includes(found.status))
      throw new Error(`the run is ${found.status}: ${found.statusReason}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

function print(title: string, figures: DragFigures): void {
  const { moves, drawn, p50, p95, handed50, handed95 } = figures
  console.log(
    `${title}: ${drawn} pictures of ${moves} moves, pointer event to putImageData p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms (until the page has the event: p50 ${handed50.toFixed(1)}, p95 ${handed95.toFixed(1)} ms)`,
  )
  if (drawn < moves / 10)
    throw new Error(`expected a picture of at least every tenth move, found ${drawn} of ${moves}`)
}

/**
 * A run that goes on for as long as it is dragged through, then the same run from its last
 * checkpoint.
 */
async function measure(client: Client, page: Page, moves: number): Promise<void> {
  const { id } = await client.runs.create({
    config: { ...configFrom('tutorial'), length: 1e7 },
    preset: 'tutorial',
  })
  await until(client, id, 'running', 200)
  await page.goto(`${new URL(page.url()).origin}/#/explore/${id}`)
  await page.getByText(/^5,000 images, step/).waitFor()
  const { backend, mode, step } = await client.runs.get({ run: id })
  console.log(
    `${cpus().length} cores, load ${loadavg()[0]!.toFixed(1)}; ${backend}, ${mode}; dense decoder 2-50-100-784`,
  )
  const training = await measureDrag(page, moves)
  const trained = (await client.runs.get({ run: id })).step - step
  print(`while it trains (${trained} steps passed)`, training)
  if (trained <= 0) throw new Error('expected training to go on under the drag, found no step')
  await client.runs.stop({ run: id })
  await until(client, id, 'stopped')
  await page.reload()
  await page.getByText(/^5,000 images, step/).waitFor()
  print('idle', await measureDrag(page, moves))
}

export async function run(given: string[]): Promise<void> {
  const moves = Number(given[0] ?? 500)
  if (!Number.isInteger(moves) || moves < 1)
    throw new Error(`expected [MOVES], found ${given.join(' ')}`)
  const executablePath = findChromium()
  if (executablePath === undefined)
    throw new Error('expected a chromium, found none: name one in LATENT_CHROMIUM')
  const folder = mkdtempSync(join(tmpdir(), 'latent-drag-'))
  const studio = await startStudio(folder)
  // as in playwright.config.ts: no sandbox for root, WebGL in software
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
    await measure(connection.client, page, moves)
  } finally {
    connection.close()
    await browser.close()
    await studio.end()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
