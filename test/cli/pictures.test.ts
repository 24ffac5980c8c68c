// What the commands draw and write of one real run of a few steps: paths, sheets, codes, films, the
// plane.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from '@playwright/test'
import { unzipSync } from 'fflate'
import { PNG } from 'pngjs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findChromium } from '../../apps/testing/chromium.ts'
import { mnistFiles, mnistFolder } from '../../main/datasets/mnist.ts'
import { withChromium } from '../kit/needing.ts'
import { document, latent, start, temporaryHome } from './latent.ts'

const { home, environment, remove } = temporaryHome()
const file = (name: string) => join(home, name)
const small = '--steps 20 --frames 2 --backend wasm --encoder-layers 20 --decoder-layers 20'.split(
  ' ',
)
const command = (line: string, out: string) =>
  document([...line.split(' '), '--out', file(out)], environment)
let server: ReturnType<typeof start>

beforeAll(async () => {
  server = start(['serve', '--json'], environment)
  await new Promise<void>((listening) => server.child.stdout!.once('data', () => listening()))
  await document(['train', 'tutorial', ...small], environment)
}, 60_000)

afterAll(async () => {
  server.child.kill('SIGTERM')
  await server.finished
  remove()
})

// The elements of an .npy file, after its header.
function elements(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.subarray(10 + (bytes[8]! | (bytes[9]! << 8))))
}
const floats = (bytes: Uint8Array) => new Float32Array(Uint8Array.from(elements(bytes)).buffer)
const archived = (name: string) => unzipSync(readFileSync(file(name)))

/** The grey values of a PNG. */
function greys(name: string): { width: number; height: number; at(x: number, y: number): number } {
  const { width, height, data } = PNG.sync.read(readFileSync(file(name)))
  return { width, height, at: (x, y) => data[4 * (y * width + x)]! }
}

test('the images of a path are those that decode gives for its points, bit for bit', async () => {
  const path = 'interpolate last --from 3 --via class:8 --to z:0.5,-1 --steps 5 --mode slerp'
  expect(await command(path, 'path.npy')).toMatchObject({ points: 9, mode: 'slerp' })
  await command(path, 'path.npz')
  await command(`${path} --pixels`, 'path.png')
  await command(`decode last --input ${file('path.npy')}`, 'decoded.npy')
  const decoded = readFileSync(file('decoded.npy'))
  expect(elements(archived('path.npz')['images.npy']!)).toEqual(elements(decoded))
  expect(elements(archived('path.npz')['z.npy']!)).toEqual(elements(readFileSync(file('path.npy'))))
  const [strip, pixels] = [greys('path.png'), floats(decoded)]
  expect([strip.width, strip.height]).toEqual([9 * 28, 2 * 28])
  for (let image = 0; image < 9; image++)
    for (let at = 0; at < 784; at++)
      expect(strip.at(image * 28 + (at % 28), Math.floor(at / 28))).toBe(
        Math.floor(pixels[image * 784 + at]! * 255 + 0.5),
      )
})

test('a path begins at the posterior mean of its image, and its blend at the image itself', async () => {
  await command('interpolate last --from 3 --to 5 --steps 3 --pixels', 'ends.png')
  await command('interpolate last --from 3 --to class:7 --steps 3', 'ends.npy')
  await command('encode last --split test', 'codes.npz')
  const [z, codes] = [
    floats(readFileSync(file('ends.npy'))),
    floats(archived('codes.npz')['codes.npy']!),
  ]
  const labels = elements(archived('codes.npz')['labels.npy']!)
  for (const d of [0, 1]) {
    // one image and whole batches are computed by different programs, whose last digits differ
    expect(z[d]).toBeCloseTo(codes[3 * 4 + d]!, 4)
    const sevens = [...labels].flatMap((label, index) =>
      label === 7 ? [codes[index * 4 + d]!] : [],
    )
    expect(z[4 + d]).toBeCloseTo(sevens.reduce((sum, one) => sum + one, 0) / sevens.length, 4)
  }
  const [strip, images] = [greys('ends.png'), testImages()]
  for (let at = 0; at < 784; at++) {
    const [x, y] = [at % 28, 28 + Math.floor(at / 28)]
    const [first, last] = [images[3 * 784 + at]!, images[5 * 784 + at]!]
    expect([strip.at(x, y), strip.at(56 + x, y)]).toEqual([first, last])
    expect(Math.abs(strip.at(28 + x, y) - (first + last) / 2)).toBeLessThanOrEqual(0.5)
  }
})

const testImages = () => readFileSync(join(mnistFolder(), mnistFiles.testImages.name)).subarray(16)

test('codes of a split as CSV are the archive with the labels of the data set', async () => {
  await command('encode last --split test', 'codes.csv')
  await command('encode last --split test', 'again.npz')
  const [head, ...rows] = readFileSync(file('codes.csv'), 'utf8').trimEnd().split('\n')
  expect(head).toBe('index,label,mu_1,mu_2,logvar_1,logvar_2')
  const numbers = rows.map((row) => row.split(',').map(Number))
  expect(numbers.map((row) => row[0])).toEqual(Array.from({ length: 10_000 }, (_, index) => index))
  const labels = readFileSync(join(mnistFolder(), mnistFiles.testLabels.name)).subarray(8)
  expect(numbers.map((row) => row[1])).toEqual([...labels])
  expect(elements(archived('again.npz')['labels.npy']!)).toEqual(Buffer.from(labels))
  expect(Float32Array.from(numbers.flatMap((row) => row.slice(2)))).toEqual(
    floats(archived('again.npz')['codes.npy']!),
  )
})

test('a sheet has the images left and as many reconstructions right', async () => {
  await command('sheet last -n 6 --columns 3 --first 10', 'sheet.png')
  const [sheet, images] = [greys('sheet.png'), testImages()]
  expect([sheet.width, sheet.height]).toEqual([2 * 84 + 7, 56])
  for (let image = 0; image < 6; image++)
    for (let at = 0; at < 784; at++) {
      const [x, y] = [
        (image % 3) * 28 + (at % 28),
        Math.floor(image / 3) * 28 + Math.floor(at / 28),
      ]
      expect(sheet.at(x, y)).toBe(images[(10 + image) * 784 + at])
    }
  expect(await command('sheet last -n 6 --size 350', 'large.png')).toMatchObject({ width: 350 })
  expect(greys('large.png').width).toBe(350)
})

test('pictures have the size that was asked for', async () => {
  await command('manifold last --grid 4 --size 448', 'm.png')
  await command('manifold last --grid 4', 'm1.png')
  const [large, own] = [greys('m.png'), greys('m1.png')]
  expect([large.width, large.height]).toEqual([448, 448])
  for (let at = 0; at < 448; at++)
    expect(large.at(at, 447 - at)).toBe(own.at(Math.floor(at / 4), Math.floor((447 - at) / 4)))
  expect(await command('film last --scale 2 --labels', 'f.mp4')).toMatchObject({
    width: 1120,
    height: 1180,
  })
  expect(readFileSync(file('f.mp4')).subarray(4, 8).toString()).toBe('ftyp')
})

withChromium.test(
  'the plane is an SVG that a browser reads, with every image inside the range',
  async () => {
    const { outside } = (await command('plane last --manifold -n 500 --range 0.5', 'p.svg')) as {
      outside: number
    }
    const browser = await chromium.launch({
      executablePath: findChromium()!,
      args: ['--no-sandbox'],
    })
    try {
      const page = await browser.newPage()
      const found = await page.evaluate(
        (text) => {
          const svg = new DOMParser().parseFromString(text, 'image/svg+xml')
          const inside = '[clip-path] g circle'
          return {
            error: svg.querySelector('parsererror')?.textContent ?? null,
            points: svg.querySelectorAll(inside).length,
            groups: svg.querySelectorAll('[clip-path] g').length,
            image: svg.querySelector('image')?.getAttribute('xlink:href')?.slice(0, 22),
          }
        },
        readFileSync(file('p.svg'), 'utf8'),
      )
      expect(found).toMatchObject({ error: null, image: 'data:image/png;base64,' })
      expect(found.groups).toBeLessThanOrEqual(10)
      // half a cell of the grid more than the range is shown
      expect(found.points).toBeGreaterThanOrEqual(500 - outside)
      expect(found.points).toBeGreaterThan(0)
    } finally {
      await browser.close()
    }
  },
)

test('places that are none are refused by the name of their flag', async () => {
  const refusal = async (...args: string[]) =>
    (await latent(['interpolate', 'last', ...args, '--out', file('no.png')], environment)).stderr
  expect(await refusal('--to', '1')).toMatch(/^latent: --from: expected .* found nothing/)
  expect(await refusal('--from', '1', '--to', '10000')).toMatch(/--to: .*0 to 9999, found "10000"/)
  expect(await refusal('--from', 'class:11', '--to', '1')).toMatch(
    /--from: expected one of the classes 0, 1.* found "class:11"/,
  )
  expect(await refusal('--from', '1', '--to', '2', '--steps', '1000', '--scale', '64')).toMatch(
    /--scale: .*found 1792000 x 1792/,
  )
  expect(await refusal('--from', 'z:1', '--to', '1')).toMatch(
    /--from: expected 2 comma-separated numbers .* found "z:1"/,
  )
})
