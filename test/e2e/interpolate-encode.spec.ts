// Interpolate and Encode on a real run: the strip's images are those of `latent decode` bit for
// bit; stops are added, moved, removed and taken back; a drawing by pointer and by keys, files that
// are pictures and files that are not.
import { configFrom } from '../../preload/contract/config.ts'
import { connectSocket } from '../../preload/contract/connection.ts'
import { interpolatePath } from '../../preload/contract/path.ts'
import { decodeByCommand } from './decodeByCommand.ts'
import { expect, test, type Page } from './studio.ts'
import { fingerprint, keepPictures } from './screen.ts'
import reference from '../reference-other/pictures.json' with { type: 'json' }

test.use({ trace: 'off' })
test.setTimeout(180_000)
const often = { intervals: [50], timeout: 60_000 }

async function train(url: string): Promise<string> {
  const { host, search } = new URL(url)
  const connection = connectSocket(`ws://${host}/rpc${search}`)
  const config = configFrom('tutorial', {
    length: 200,
    frames: 4,
    evaluateEvery: 100,
    objective: 'elbo',
    likelihood: 'bernoulli',
  })
  const { id } = await connection.client.runs.create({ config: { ...config }, name: 'Digits' })
  await expect
    .poll(async () => (await connection.client.runs.get({ run: id })).status, often)
    .toBe('finished')
  connection.close()
  return id
}

const open = (page: Page, hash: string) => page.goto(`${page.url().split('#')[0]}#/explore/${hash}`)
const picture = (page: Page, name: string) =>
  page.getByRole('img', { name, exact: true }).locator('canvas')

test('interpolate and encode', async ({ page, studio, complaints }) => {
  const run = await train(studio.url)
  let sent = 0
  page.on('websocket', (socket) => socket.on('framesent', () => void sent++))
  await page.goto(studio.url)
  await test.step('what is shown of a run at rest asks for nothing more', async () => {
    for (const tool of ['interpolate&points=class:1_class:8', 'encode']) {
      await open(page, `${run}?tool=${tool}`)
      await expect(
        page.getByRole('img', { name: /^(Interpolation, leg 1|Reconstruction)$/ }).first(),
      ).toBeVisible(often)
      await comesToRest(page, () => sent)
    }
  })
  await test.step('class means are those of the weights that are looked at', () =>
    classMeans(page, run, () => sent))
  await test.step('the strip is what decode gives', () => sameBits(page, run, studio.dataFolder))
  await test.step('stops', () => stops(page, run))
  await test.step('an image of the data', () => dataImage(page, run))
  await test.step('a drawing', () => drawing(page))
  await test.step('files', () => files(page))
  expect(complaints).toEqual([])
})

/** Passes once a second goes by in which the page sends nothing. */
async function comesToRest(page: Page, sent: () => number): Promise<void> {
  const quiet = async () => {
    const before = sent()
    await page.waitForTimeout(1000)
    return sent() - before
  }
  expect(sent()).toBeGreaterThan(0)
  await expect.poll(quiet, often).toBe(0)
}

/** Coming from other weights shows what a fresh page shows. */
async function classMeans(page: Page, run: string, sent: () => number): Promise<void> {
  const strip = picture(page, 'Interpolation, leg 1')
  const at = (rest: string) => open(page, `${run}?tool=interpolate&points=class:1_class:8${rest}`)
  await at('')
  await expect(strip).toBeVisible(often)
  await comesToRest(page, sent)
  const last = await greys(page, 'Interpolation, leg 1')
  await at('&step=0')
  await expect
    .poll(async () => (await greys(page, 'Interpolation, leg 1')).values, often)
    .not.toEqual(last.values)
  await comesToRest(page, sent)
  const moved = await greys(page, 'Interpolation, leg 1')
  await page.reload()
  await expect(strip).toBeVisible(often)
  await comesToRest(page, sent)
  expect(moved).toEqual(await greys(page, 'Interpolation, leg 1'))
}

/** The grey values that a canvas shows, row by row. */
async function greys(page: Page, name: string): Promise<{ width: number; values: number[] }> {
  return picture(page, name).evaluate((canvas: HTMLCanvasElement) => {
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
    return {
      width: canvas.width,
      values: Array.from({ length: data.length / 4 }, (_, i) => data[4 * i]!),
    }
  })
}

async function sameBits(page: Page, run: string, dataFolder: string): Promise<void> {
  const points = [
    [-1.5, 0.25],
    [0.5, -1.2],
    [1.75, 1.5],
    [-0.3, 2],
  ]
  // 178 points: more than the one request that `decode` and the strip both make first
  for (const steps of [5, 60]) {
    await open(
      page,
      `${run}?tool=interpolate&way=slerp&perleg=${steps}&points=${points.map((z) => `z:${z.join(',')}`).join('_')}`,
    )
    const path = interpolatePath(points, steps, 'slerp')
    await expect(page.getByRole('slider', { name: 'Picture on the path' })).toHaveAttribute(
      'aria-valuemax',
      String(path.length),
      often,
    )
    const pixels = await decodeByCommand(dataFolder, run, path)
    for (const leg of [0, 1, 2]) {
      const { width, values } = await greys(page, `Interpolation, leg ${leg + 1}`)
      expect(width).toBe(steps * 28)
      const expected = values.map((_, at) => {
        const [x, y] = [at % width, Math.floor(at / width)]
        const point = leg * (steps - 1) + Math.floor(x / 28)
        return Math.floor(pixels[point * 784 + y * 28 + (x % 28)]! * 255 + 0.5)
      })
      expect(values, `leg ${leg + 1} of ${steps} steps`).toEqual(expected)
    }
  }
}

async function stops(page: Page, run: string): Promise<void> {
  await open(page, `${run}?tool=interpolate`)
  const list = page.getByRole('complementary', { name: 'Stops' })
  await expect(list.getByRole('listitem')).toHaveCount(2)
  await expect(
    page.getByRole('img', { name: /Log density along the path: aggregate posterior/ }),
  ).toBeVisible(often)
  await list.getByRole('button', { name: /^Add test 4, class 4/ }).click()
  await expect(list.getByRole('listitem')).toHaveCount(3)
  await expect(page).toHaveURL(/points=validation%3A\d+_validation%3A\d+_test%3A4/)
  await list.getByRole('button', { name: 'Move stop 3 up' }).click()
  await expect(list.getByRole('listitem').nth(1)).toContainText('test 4')
  await list.getByRole('button', { name: 'Remove stop 1' }).click()
  await expect(list.getByRole('listitem')).toHaveCount(2)
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(list.getByRole('listitem')).toHaveCount(3)

  // along the path by keys, and the same place after a reload
  const slider = page.getByRole('slider', { name: 'Picture on the path' })
  await expect(slider).toHaveAttribute('aria-valuemax', '19', often)
  await page.keyboard.press('Home')
  const before = await fingerprint(picture(page, 'Decoded image on the path'))
  for (let step = 0; step < 3; step++) await page.keyboard.press('ArrowRight')
  await expect(slider).toHaveAttribute('aria-valuenow', '4')
  await expect.poll(() => fingerprint(picture(page, 'Decoded image on the path'))).not.toBe(before)
  await expect(page).toHaveURL(/along=3/)
  // a stop moved by keys becomes a point of the plane
  await page.getByRole('button', { name: /^Stop 1,/ }).focus()
  await page.keyboard.press('ArrowRight')
  await expect(page).toHaveURL(/points=z%3A/)
  await page.keyboard.press('b')
  await expect(picture(page, 'Pixel blend')).toBeVisible()
  await keepPictures(page, 'interpolate')
  await page.keyboard.press('p')
  await expect(page.getByRole('button', { name: 'Pause the interpolation' })).toBeVisible()
  await page.keyboard.press('p')
}

async function dataImage(page: Page, run: string): Promise<void> {
  await open(page, `${run}?tool=encode&image=test:7`)
  await expect(page.getByRole('figure').filter({ hasText: 'test 7, class 9' })).toBeVisible()
  await expect.poll(() => fingerprint(picture(page, 'Reconstruction')), often).not.toBe(0)
  const panel = page.getByRole('complementary', { name: 'Encoded image' })
  await expect(panel.getByRole('row', { name: /Reconstruction \d+\.\d \d+\.\d/ })).toBeVisible()
  await panel.getByRole('button', { name: 'Nearest images' }).click()
  await expect(panel.getByRole('button', { name: /^Encode validation \d+, distance/ })).toHaveCount(
    8,
    often,
  )
  await keepPictures(page, 'encode')
  await page.keyboard.press('ArrowRight')
  await expect(page).toHaveURL(/image=test%3A8/)
}

async function drawing(page: Page): Promise<void> {
  await page.getByRole('radio', { name: 'Draw' }).check()
  await expect(page.getByText('Draw something like the data.')).toBeVisible()
  const pad = page.getByRole('application', { name: 'Drawing pad' })
  const box = (await pad.boundingBox())!
  const to = (x: number, y: number): [number, number] => [
    box.x + box.width * x,
    box.y + box.height * y,
  ]
  await page.mouse.move(...to(0.6, 0.2))
  await page.mouse.down()
  await page.mouse.move(...to(0.4, 0.8), { steps: 8 })
  await page.mouse.up()
  await expect.poll(() => fingerprint(picture(page, 'Reconstruction')), often).not.toBe(0)
  expect(await pad.boundingBox()).toEqual(box)
  const first = await greys(page, 'What is encoded')
  // by keys: pen down, three steps, up
  await pad.focus()
  for (const press of ['Space', 'ArrowRight', 'ArrowRight', 'ArrowDown', 'Space'])
    await page.keyboard.press(press)
  await expect(pad).toContainText('2 strokes')
  await expect
    .poll(async () => (await greys(page, 'What is encoded')).values)
    .not.toEqual(first.values)
  await keepPictures(page, 'encode-drawing', { axe: false })
  await page.keyboard.press('Backspace')
  await expect.poll(async () => (await greys(page, 'What is encoded')).values).toEqual(first.values)
  // another tool and back: it is still there
  await page.getByRole('link', { name: 'Interpolate' }).click()
  await page.getByRole('link', { name: 'Encode' }).click()
  await expect.poll(async () => (await greys(page, 'What is encoded')).values).toEqual(first.values)
  await page.getByRole('button', { name: 'Clear' }).click()
  await expect(page.getByText('Draw something like the data.')).toBeVisible()
}

async function files(page: Page): Promise<void> {
  await page.getByRole('radio', { name: 'File' }).check()
  const input = page.getByLabel('Picture file').first()
  const png = Buffer.from(reference.files.png, 'base64')
  const bomb = Buffer.from(png)
  bomb.writeUInt32BE(60_000, 16)
  bomb.writeUInt32BE(60_000, 20)
  const refusals: [name: string, bytes: Buffer, says: RegExp][] = [
    [
      'notes.png',
      Buffer.from('no picture at all'),
      /notes\.png: expected .* found another kind of file/,
    ],
    ['bomb.png', bomb, /bomb\.png: expected at most 40 million pixels, found 60,000 x 60,000/],
    [
      'cut.png',
      png.subarray(0, 60),
      /cut\.png: expected a whole PNG file, found a damaged or incomplete one/,
    ],
    [
      'huge.png',
      Buffer.concat([png, Buffer.alloc(20e6)]),
      /huge\.png: expected a picture of at most 20(\.0)? MB, found/,
    ],
    ['empty.png', Buffer.alloc(0), /empty\.png: .* found an empty file/],
  ]
  for (const [name, buffer, says] of refusals) {
    await input.setInputFiles({ name, mimeType: 'image/png', buffer })
    await expect(page.getByRole('alert').filter({ hasText: says })).toBeVisible()
  }
  for (const format of ['jpeg', 'gif', 'bmp', 'webp', 'png'] as const) {
    await input.setInputFiles({
      name: `seen.${format}`,
      mimeType: '',
      buffer: Buffer.from(reference.files[format], 'base64'),
    })
    await expect(page.getByRole('figure').filter({ hasText: `seen.${format}` })).toBeVisible()
    await expect(page.getByText(/28 × 28 pixels, from 17 × 11/)).toBeVisible()
  }
  await expect(page.getByRole('alert')).toHaveCount(0)
  await expect.poll(() => fingerprint(picture(page, 'Reconstruction')), often).not.toBe(0)
}
