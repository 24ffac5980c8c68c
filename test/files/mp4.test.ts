// Our MP4s in Chromium: a <video> tells their size and length, mediabunny and WebCodecs give back
// the frames and times.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium, type Browser, type Page } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findChromium } from '../../apps/testing/chromium.ts'
import { frameRate, startMp4 } from '../../main/files/mp4.ts'
import { withChromium } from '../kit/needing.ts'

const film = { width: 50, height: 31, delay: 120, lastDelay: 1000, loop: true }
// each frame a slope of grey that moves, so that one frame cannot pass for another
const frame = (index: number) =>
  Uint8Array.from({ length: 50 * 31 }, (_, at) =>
    Math.round(127 + 100 * Math.sin((at % 50) / 8 + index)),
  )

let browser: Browser

withChromium.describe('in Chromium', () => {
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: findChromium()!, args: ['--no-sandbox'] })
  })
  afterAll(() => browser.close())

  test('Chromium decodes every frame at its time', async () => {
    const listeners = process.listenerCount('unhandledRejection')
    const mp4 = await startMp4(film)
    for (let index = 0; index < 6; index++) mp4.add(frame(index), index === 5)
    const bytes = mp4.bytes()
    expect(process.listenerCount('unhandledRejection')).toBe(listeners)
    const page = await pageWithMediabunny(bytes)
    const video = await page.evaluate(opened)
    expect([video.width, video.height]).toEqual([50, 32]) // 4:2:0 needs even sides
    expect(video.duration).toBeCloseTo(5 * 0.12 + 1, 2)
    const found = await page.evaluate(decodedFrames)
    expect(found).toHaveLength(5 * 3 + 25) // 25 a second
    for (const [at, { time, luma }] of found.entries()) {
      expect(time).toBeCloseTo(at / 25, 3)
      const expected = frame(Math.min(5, Math.floor(at / 3)))
      const error =
        expected.reduce(
          (sum, grey, pixel) => sum + Math.abs(grey - ((luma[pixel]! - 16) * 255) / 219),
          0,
        ) / expected.length
      expect(error, `frame ${at}`).toBeLessThan(2)
    }
  })

  test('Chromium has the codec that the test needs', async () => {
    const page = await browser.newPage()
    expect(
      await page.evaluate(() =>
        document.createElement('video').canPlayType('video/mp4; codecs="avc1.42E01E"'),
      ),
    ).not.toBe('')
  })
})

test('the rate of frames keeps the time', () => {
  expect(frameRate(120)).toEqual({ rate: 25, repeats: 3 })
  expect(frameRate(1000 / 12)).toEqual({ rate: 12, repeats: 1 })
  expect(frameRate(60_000)).toEqual({ rate: 1, repeats: 60 })
  for (let delay = 20; delay < 3000; delay++) {
    const { rate, repeats } = frameRate(delay)
    expect(Math.abs((repeats * 1000) / rate - delay) / delay, `${delay} ms`).toBeLessThan(0.34)
    if (delay >= 100)
      expect(Math.abs((repeats * 1000) / rate - delay) / delay, `${delay} ms`).toBeLessThan(0.1)
  }
})

test('two films at a time do not share a file, and what does not fit is refused', async () => {
  const [one, other] = [await startMp4(film), await startMp4(film)]
  one.add(frame(0), false)
  other.add(frame(1), false)
  one.add(frame(2), true)
  expect(one.bytes().length).toBeGreaterThan(other.bytes().length)
  await expect(startMp4({ ...film, width: 5000 })).rejects.toThrow(
    /expected sides from 1 to 4096, found 5000 x 31/,
  )
  const third = await startMp4(film)
  expect(() => third.add(new Uint8Array(3), false)).toThrow(
    /expected 1550 grey pixels a frame, found 3/,
  )
  expect(() => third.bytes()).toThrow(/at least one frame/)
})

test('the encoder is the one whose licence was read', () => {
  const path = createRequire(import.meta.url).resolve('h264-mp4-encoder/package.json')
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
    version: '1.0.12',
    license: 'MIT',
  })
})

// WebCodecs are for secure pages alone, which one on localhost is.
async function pageWithMediabunny(mp4: Uint8Array): Promise<Page> {
  const page = await browser.newPage()
  const library = readFileSync('node_modules/mediabunny/dist/bundles/mediabunny.min.mjs')
  const html = `<script type="module">import * as library from '/mediabunny.mjs'; window.mediabunny = library</script>
    <video muted src="/film.mp4"></video>`
  await page.route('http://localhost/**', (route) => {
    const path = new URL(route.request().url()).pathname
    if (path === '/mediabunny.mjs')
      return route.fulfill({ contentType: 'text/javascript', body: library })
    if (path === '/film.mp4')
      return route.fulfill({ contentType: 'video/mp4', body: Buffer.from(mp4) })
    return route.fulfill({ contentType: 'text/html', body: html })
  })
  await page.goto('http://localhost/')
  return page
}

// Both run in the page: nothing from above can be seen there.
async function opened() {
  const video = document.querySelector('video')!
  if (video.readyState < 1)
    await new Promise<void>((loaded, failed) => {
      video.addEventListener('loadedmetadata', () => loaded())
      video.addEventListener('error', () => failed(new Error(video.error?.message)))
    })
  return { width: video.videoWidth, height: video.videoHeight, duration: video.duration }
}

async function decodedFrames() {
  const library = (globalThis as unknown as { mediabunny: typeof import('mediabunny') }).mediabunny
  const { ALL_FORMATS, BlobSource, Input, VideoSampleSink } = library
  const source = new BlobSource(await (await fetch('/film.mp4')).blob())
  const track = await new Input({ formats: ALL_FORMATS, source }).getPrimaryVideoTrack()
  const frames: { time: number; luma: number[] }[] = []
  for await (const sample of new VideoSampleSink(track!).samples()) {
    const bytes = new Uint8Array(sample.allocationSize())
    const [plane] = await sample.copyTo(bytes)
    // the luma plane is the first; the film is 50 x 31 of it
    const luma = Array.from(
      { length: 50 * 31 },
      (_, at) => bytes[plane!.offset + Math.floor(at / 50) * plane!.stride + (at % 50)]!,
    )
    frames.push({ time: sample.timestamp, luma })
    sample.close()
  }
  return frames
}
