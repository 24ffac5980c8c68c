// Saving through the page: a PNG whose every pixel is the canvas's, an SVG that parses, a GIF and
// an MP4 that Chromium decodes frame by frame, codes that NumPy's format holds; a film that is
// cancelled.
import { readFileSync } from 'node:fs'
import { PNG } from 'pngjs'
import { readNpy } from '../../main/files/npy.ts'
import { configFrom } from '../../preload/contract/config.ts'
import { connectSocket } from '../../preload/contract/connection.ts'
import { expect, test, type Locator, type Page } from './studio.ts'
import { keepPictures } from './screen.ts'

test.use({ trace: 'off' })
test.setTimeout(120_000)
const often = { intervals: [50], timeout: 30_000 }

test('pictures, figures, films and codes out of the page', async ({ page, studio, complaints }) => {
  const run = await train(studio.url)
  await page.goto(studio.url)
  await page.goto(`${page.url().split('#')[0]}#/explore/${run}`)
  await test.step('plane', () => plane(page))
  await test.step('film', () => film(page, run))
  expect(complaints).toEqual([])
})

async function train(url: string): Promise<string> {
  const { host, search } = new URL(url)
  const connection = connectSocket(`ws://${host}/rpc${search}`)
  const config = configFrom('tutorial', {
    frames: 12,
    batchSize: 64,
    learningRate: 2e-3,
    activation: 'relu',
    length: 120,
  })
  const { id } = await connection.client.runs.create({
    config: { ...config },
    name: 'To save: "1/2"',
  })
  await expect
    .poll(async () => (await connection.client.runs.get({ run: id })).status, often)
    .toBe('finished')
  connection.close()
  return id
}

const saving = (page: Page) => page.getByRole('dialog', { name: 'Save' })

/** Presses a format's button and gives back the file. */
async function saved(page: Page, name: string): Promise<{ path: string; name: string }> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    saving(page).getByRole('button', { name }).click(),
  ])
  const file = { path: await download.path(), name: download.suggestedFilename() }
  await expect(saving(page).getByRole('status')).toContainText(file.name)
  await expect(saving(page).getByRole('status')).toContainText(/\d (k|M)?B/)
  return file
}

async function plane(page: Page): Promise<void> {
  const canvas = page.getByRole('img', { name: 'Manifold', exact: true }).locator('canvas')
  await expect
    .poll(() => canvas.evaluate((element: HTMLCanvasElement) => element.width), often)
    .toBe(560)
  await page.keyboard.press('Control+s')
  await expect(saving(page).getByRole('button', { name: /SVG/ })).toBeFocused()
  await keepPictures(page, 'save')
  await expect(saving(page).getByRole('group', { name: /^Codes of 5,000/ })).toBeVisible()

  const png = await saved(page, 'Save Manifold, 20 × 20 as PNG')
  expect(png.name).toBe('To-save-1-2-step-120-plane-manifold.png')
  await expectEnlarged(png.path, canvas, 2)
  await saving(page).getByRole('spinbutton').fill('1680')
  await expectEnlarged((await saved(page, 'Save Manifold, 20 × 20 as PNG')).path, canvas, 3)
  await saving(page).getByRole('spinbutton').fill('')

  const svg = readFileSync((await saved(page, 'Save Plane with axes as SVG')).path, 'utf8')
  const parsed = await page.evaluate((text) => {
    const figure = new DOMParser().parseFromString(text, 'image/svg+xml')
    const of = (name: string) => [...figure.querySelectorAll(name)]
    return {
      root: figure.documentElement.nodeName,
      broken: of('parsererror').length,
      circles: of('circle').length,
      images: of('image').map((image) => image.getAttribute('xlink:href')!.slice(0, 22)),
      words: of('text').map((element) => element.textContent),
    }
  }, svg)
  expect(parsed).toMatchObject({ root: 'svg', broken: 0, images: ['data:image/png;base64,'] })
  expect(parsed.circles).toBeGreaterThan(1000) // of 5,000 some lie outside
  expect(parsed.words).toEqual(
    expect.arrayContaining(['To save: "1/2", step 120: 5,000 images', 'z₁', 'z₂', '9', '−3', '1σ']),
  )
  const figure = PNG.sync.read(
    readFileSync((await saved(page, 'Save Plane with axes as PNG')).path),
  )
  expect([figure.width, figure.height]).toEqual([1400, 1260])
  expect(new Set(new Uint32Array(new Uint8Array(figure.data).buffer)).size).toBeGreaterThan(100)

  const codes = readNpy((await saved(page, 'as NPY')).path)
  expect([codes.dtype, ...codes.shape]).toEqual(['<f4', 5000, 4])
  await page.keyboard.press('Escape')
  await expect(saving(page)).toBeHidden()
}

// Every pixel of the canvas as a block of the file.
async function expectEnlarged(path: string, canvas: Locator, times: number): Promise<void> {
  const file = PNG.sync.read(readFileSync(path))
  const { width, greys } = await canvas.evaluate((element: HTMLCanvasElement) => {
    const { data } = element.getContext('2d')!.getImageData(0, 0, element.width, element.height)
    let text = '' // one sign a pixel crosses faster than numbers
    for (let i = 0; i < data.length; i += 4) text += String.fromCharCode(data[i]!)
    return { width: element.width, greys: text }
  })
  const pixels = Buffer.from(greys, 'latin1')
  expect([file.width, file.height]).toEqual([times * width, times * width])
  let wrong = 0
  for (let y = 0; y < file.height; y++)
    for (let x = 0; x < file.width; x++)
      if (
        file.data[4 * (y * file.width + x)] !==
        pixels[Math.floor(y / times) * width + Math.floor(x / times)]
      )
        wrong++
  expect(wrong).toBe(0)
}

async function film(page: Page, run: string): Promise<void> {
  await page.goto(`${page.url().split('#')[0]}#/explore/${run}?tool=film`)
  const canvas = page.getByRole('img', { name: /^Manifold of/ }).locator('canvas')
  await expect
    .poll(() => canvas.evaluate((element: HTMLCanvasElement) => element.width), often)
    .toBe(560)
  await page.getByRole('button', { name: 'Save pictures of this tool' }).click()
  const count = Number(/(\d+) manifolds/.exec(await saving(page).innerText())![1])
  expect(count).toBeGreaterThan(5)
  const gif = await saved(page, `Save Film of ${count} manifolds as GIF`)
  const mp4 = await saved(page, `Save Film of ${count} manifolds as MP4`)
  expect([gif.name, mp4.name]).toEqual(['To-save-1-2-film.gif', 'To-save-1-2-film.mp4'])
  const decoded = await page.evaluate(decodeGif, readFileSync(gif.path).toString('base64'))
  expect(decoded).toMatchObject({ frames: count, width: 560, height: 560, repeats: Infinity })
  expect(decoded.worst).toBeLessThanOrEqual(5) // 63 greys, and pixels as near as that left alone
  const video = await page.evaluate(decodeMp4, readFileSync(mp4.path).toString('base64'))
  expect(video).toMatchObject({ width: 560, height: 560 })
  expect(video.duration).toBeCloseTo((count - 1) * 0.12 + 1.5, 1)
  expect(video.mean).toBeLessThan(4) // lossy

  await saving(page).getByRole('spinbutton').fill('4480')
  await saving(page).getByRole('button', { name: 'Save Film with reconstructions as GIF' }).click()
  await saving(page).getByRole('button', { name: 'Cancel' }).click()
  await expect(saving(page).getByRole('status')).toHaveText(
    'Cancelled To-save-1-2-film-reconstructions.gif',
  )
  await expect(
    saving(page).getByRole('button', { name: /with reconstructions as GIF/ }),
  ).toBeEnabled()
}

// In the page: Chromium's own decoders. The newest frame is the last one of the film, and the
// canvas shows it.
async function decodeGif(base64: string) {
  const data = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0))
  const decoder = new ImageDecoder({ data, type: 'image/gif' })
  await Promise.all([decoder.completed, decoder.tracks.ready])
  const track = decoder.tracks.selectedTrack!
  const { image } = await decoder.decode({ frameIndex: track.frameCount - 1 })
  const { displayWidth: width, displayHeight: height } = image
  const context = new OffscreenCanvas(width, height).getContext('2d')!
  context.drawImage(image, 0, 0)
  const found = context.getImageData(0, 0, width, height).data
  const canvas = document.querySelector<HTMLCanvasElement>('[aria-label^="Manifold of"] canvas')!
  const shown = canvas.getContext('2d')!.getImageData(0, 0, width, height).data
  const worst = found.reduce((most, value, i) => Math.max(most, Math.abs(value - shown[i]!)), 0)
  return { frames: track.frameCount, repeats: track.repetitionCount, width, height, worst }
}

async function decodeMp4(base64: string) {
  const data = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0))
  const video = document.createElement('video')
  video.src = URL.createObjectURL(new Blob([data], { type: 'video/mp4' }))
  await new Promise((resolve, reject) => {
    video.onloadeddata = resolve
    video.onerror = () => reject(new Error(video.error?.message ?? 'the video could not be read'))
  })
  const { duration, videoWidth: width, videoHeight: height } = video
  document.body.append(video)
  video.currentTime = duration - 0.5
  // frames are told when they are on the screen; the first may be the one before the seek
  for (let time = 0; time < duration - 1.6;)
    time = await new Promise((resolve) =>
      video.requestVideoFrameCallback((_now, { mediaTime }) => resolve(mediaTime)),
    )
  const context = new OffscreenCanvas(width, height).getContext('2d')!
  context.drawImage(video, 0, 0)
  video.remove()
  const found = context.getImageData(0, 0, width, height).data
  const canvas = document.querySelector<HTMLCanvasElement>('[aria-label^="Manifold of"] canvas')!
  const shown = canvas.getContext('2d')!.getImageData(0, 0, width, height).data
  const mean =
    found.reduce((sum, value, i) => sum + Math.abs(value - shown[i]!), 0) / (0.75 * found.length) // alpha is equal
  return { duration, width, height, mean }
}
