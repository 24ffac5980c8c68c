// The explorer page: its networks compute what the engine computes, nothing in it can run but its
// own script, and in a browser without network it does what it shows.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { beforeAll, describe, expect, it } from 'vitest'
import { findChromium } from '../../apps/testing/chromium.ts'
import { openDataset } from '../../main/datasets/index.ts'
import { greyFloats } from '../../main/engine/grey.ts'
import { createNetwork, sigmoid } from '../../main/exporters/network.ts'
import { buildPage } from '../../main/exporters/page.ts'
import { blocks } from '../../main/exporters/pageData.ts'
import type { ExportedModel } from '../../main/exporters/exportedModel.ts'
import { configFrom } from '../../preload/contract/config.ts'
import { testBackend } from '../kit/backend.ts'
import { withChromium } from '../kit/needing.ts'
import { temporaryFolder } from '../store/sample.ts'
import { cases, drawnImages, engineAnswers, excess, exported, type Case } from './exported.ts'
import { drawSeven, lightestInPlane, numbersOf, openPage, tileMeans } from './explorerPage.ts'

const count = 30
const digits = { height: 28, width: 28, channels: 1 }
let images: Float32Array

beforeAll(async () => {
  await testBackend('js')
  images = greyFloats((await openDataset('mnist')).split('test').images.subarray(0, count * 784))
})

const inputOf = (which: Case) => (which.image.channels === 1 ? images : drawnImages(which, count))
const rounded = (model: ExportedModel) => (name: string) => model.parameters[name]!.values

it.each(Object.entries(cases))(
  'its network computes what the engine computes: %s',
  (_name, which) => {
    const model = exported(which, 'model')
    const x = inputOf(which)
    const answers = engineAnswers(model, x)
    const Z = which.config.latentSize
    const encode = createNetwork(model.encoder, rounded(model), which.config.activation)
    const decode = createNetwork(model.decoder, rounded(model), which.config.activation)
    const found = { mu: [] as number[], logvar: [] as number[], pixels: [] as number[] }
    for (let at = 0; at < count; at++) {
      const codes = encode(x.subarray(at * model.pixels, (at + 1) * model.pixels))
      found.mu.push(...codes.subarray(0, Z))
      found.logvar.push(...codes.subarray(Z))
      found.pixels.push(...sigmoid(decode(answers.mu.subarray(at * Z, (at + 1) * Z))))
    }
    expect(excess(found.mu, answers.mu, 'code')).toBeLessThanOrEqual(0)
    expect(excess(found.logvar, answers.logvar, 'code')).toBeLessThanOrEqual(0)
    expect(excess(found.pixels, answers.pixels, 'pixel')).toBeLessThanOrEqual(0)
  },
)

const markup = `</script><img src=x onerror="alert(1)">'&`

describe('the file', () => {
  it('lets its one script and its one style run and nothing else, and names nobody', async () => {
    const { files, note } = await buildPage(
      exported(cases['dense']!, 'model', markup),
      'm.html',
      'float32',
    )
    expect(files.map(({ name }) => name)).toEqual(['m.html'])
    expect(note).toBe('')
    const page = Buffer.from(files[0]!.bytes).toString()
    const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page)![1]!
    const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
    const script = /<script>([\s\S]*?)<\/script>\n<\/body>/.exec(page)![1]!
    expect(policy).toContain(`script-src ${hash(script)};`)
    expect(policy).toContain(`style-src ${hash(/<style>([\s\S]*?)<\/style>/.exec(page)![1]!)};`)
    expect(policy).toMatch(/^default-src 'none';/)
    expect(policy).not.toMatch(/unsafe|https?:|\*/)
    expect(page).not.toMatch(
      /<(link|iframe|img|object|embed|base)\b|\beval\(|new Function|@import|url\(/,
    )
    // five script elements: three blocks of bytes, the description, the script
    expect(page.match(/<script/g)).toHaveLength(5)
    expect(page).toContain(
      '<title>&lt;/script&gt;&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&#39;&amp;</title>',
    )
  })

  it('says what it leaves out, how far rounding leads, and where its limit lies', async () => {
    const wide = exported(
      { config: configFrom(null, { encoderLayers: [2700], decoderLayers: [8] }), image: digits },
      'model',
    )
    const left = await buildPage(wide, 'm.html', 'float32')
    expect(left.note).toMatch(/encoder is too large/)
    expect(left.inputs[0]!.name).toBe('z')
    const half = await buildPage(exported(cases['dense']!, 'decoder'), 'm.html', 'float16')
    const full = await buildPage(exported(cases['dense']!, 'decoder'), 'm.html', 'float32')
    const error = Number(/at most (\S+) \(64 prior samples\)/.exec(half.note)![1])
    expect(error).toBeGreaterThan(1e-6)
    expect(error).toBeLessThan(5e-3)
    expect(half.files[0]!.bytes.length).toBeLessThan(full.files[0]!.bytes.length)
    await expect(
      buildPage(exported(cases['dense']!, 'encoder'), 'm.html', 'float32'),
    ).rejects.toThrow(/found only an encoder/)
    const huge = exported(
      { config: configFrom(null, { encoderLayers: [], decoderLayers: [17_000] }), image: digits },
      'decoder',
    )
    await expect(buildPage(huge, 'm.html', 'float32')).rejects.toThrow(
      /at most 48 MiB .* Choose float16 \(--precision\)/,
    )
  })
})

withChromium.describe('in Chromium, from file:// without network', () => {
  const opened = async (which: Case, name = 'a run', options = {}) => {
    const file = join(temporaryFolder(), 'm.html')
    writeFileSync(
      file,
      (await buildPage(exported(which, 'model', name), 'm.html', 'float32')).files[0]!.bytes,
    )
    return openPage(findChromium()!, file, options)
  }

  it.each(['dense', 'odd sides, colours, stride-2 output'])(
    'computes what the engine computes: %s',
    async (key) => {
      const which = cases[key]!
      const model = exported(which, 'model')
      const x = inputOf(which)
      const answers = engineAnswers(model, x)
      const { page, complaints, close } = await opened(which, markup)
      const found = await numbersOf(page, x, model.pixels)
      expect(excess(found.mu, answers.mu, 'code')).toBeLessThanOrEqual(0)
      expect(excess(found.logvar, answers.logvar, 'code')).toBeLessThanOrEqual(0)
      expect(excess(found.pixels, answers.pixels, 'pixel')).toBeLessThanOrEqual(0)
      expect(await page.locator('h1').textContent()).toBe(markup)
      expect(complaints).toEqual([])
      await close()
    },
  )

  it('follows the pointer and the keys, plays, and has nothing that axe objects to', async () => {
    const { page, complaints, close } = await opened(cases['dense']!, 'a run', { dark: true })
    const plane = page.getByRole('application', { name: /Latent plane/ })
    const box = (await plane.boundingBox())!
    await page.mouse.move(box.x + box.width * 0.75, box.y + box.height * 0.25)
    await page.mouse.down()
    await page.mouse.up()
    const where = page.locator('.where')
    await expect.poll(() => where.textContent()).not.toContain('z1 +0.00') // drawn with the next frame
    const [z1, z2] = ((await where.textContent()) ?? '')
      .match(/[+−][\d.]+/g)!
      .map((text) => Number(text.replace('−', '-')))
    expect(z1).toBeGreaterThan(0.5)
    expect(z2).toBeCloseTo(-z1!, 1) // downwards is positive as in the program, and the plane is square
    await plane.focus()
    await page.keyboard.press('ArrowLeft')
    await expect
      .poll(async () => Number((await where.textContent())!.match(/[\d.]+(?=\s+z2)/)![0]))
      .toBeCloseTo(z1! - 0.15, 1)
    await page.keyboard.press('ArrowDown')
    const second = async () =>
      Number((await where.textContent())!.match(/z2 (.*)/)![1]!.replace('−', '-'))
    await expect.poll(second).toBeCloseTo(z2! + 0.15, 1)
    await page.getByRole('slider', { name: 'z2' }).focus()
    await page.keyboard.press('Home')
    await expect.poll(() => where.textContent()).toMatch(/z2 −[3-6]/)
    await page
      .getByRole('button', { name: /Test image, class 7/ })
      .first()
      .click()
    await expect.poll(() => page.locator('.original').isVisible()).toBe(true)
    const { violations } = await new AxeBuilder({ page }).analyze()
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
    expect(complaints).toEqual([])
    await close()
  })

  it('has row i, column j of its plane at z = (y_j, x_i), the first row at the top', async () => {
    const model = exported(
      { config: configFrom(null, { encoderLayers: [], decoderLayers: [] }), image: digits },
      'model',
    )
    // every pixel is sigmoid(z1 / 4 + z2): lighter to the right, and much lighter downwards
    const weight = model.parameters['decoder.out.weight']!.values
    weight.set(weight.map((_, at) => (at < 784 ? 0.25 : 1)))
    model.parameters['decoder.out.bias']!.values.fill(0)
    const file = join(temporaryFolder(), 'm.html')
    writeFileSync(file, (await buildPage(model, 'm.html', 'float32')).files[0]!.bytes)
    const { page, complaints, close } = await openPage(findChromium()!, file)
    await page.getByLabel('Codes of test images').uncheck()
    const limit = -Number(await page.getByRole('slider', { name: 'z2' }).getAttribute('min'))
    const at = (tile: number) => limit * ((2 * tile + 1) / 20 - 1)
    // of 400 tiles the cursor and the line of the interpolation cross fewer than 50
    const off = async () => {
      const means = await page.evaluate(tileMeans, 20)
      const wanted = (tile: number) =>
        1 / (1 + Math.exp(-at(tile % 20) / 4 - at(Math.floor(tile / 20))))
      return means.filter((mean, tile) => Math.abs(mean - wanted(tile)) > 0.02).length
    }
    await expect.poll(off, { timeout: 10_000 }).toBeLessThan(50)
    const down = page.locator('.ticks.down span')
    expect(await down.allTextContents()).toEqual(
      await page.locator('.ticks.across span').allTextContents(),
    )
    const tops = await down.evaluateAll((all) => all.map((one) => one.getBoundingClientRect().top))
    expect(tops).toEqual([...tops].sort((a, b) => a - b))
    expect(complaints).toEqual([])
    await close()
  })

  it('says how many codes lie outside, and draws the arc that is walked', async () => {
    const model = exported(cases['dense']!, 'model')
    const name = model.encoder.at(-1)!.name
    for (const part of ['weight', 'bias']) {
      const { values } = model.parameters[`${name}.${part}`]!
      values.set(values.map((value) => 6 * value))
    }
    const file = join(temporaryFolder(), 'm.html')
    writeFileSync(file, (await buildPage(model, 'm.html', 'float32')).files[0]!.bytes)
    const { page, complaints, close } = await openPage(findChromium()!, file)
    const limit = -Number(await page.getByRole('slider', { name: 'z2' }).getAttribute('min'))
    const text = await page.evaluate((id) => document.getElementById(id)!.textContent, blocks.codes)
    const codes = new Float32Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer)
    const beyond = (at: number) =>
      Math.max(Math.abs(codes[2 * at]!), Math.abs(codes[2 * at + 1]!)) > limit
    const outside = Array.from({ length: codes.length / 2 }, (_, at) => at).filter(beyond).length
    expect(outside).toBeGreaterThan(0)
    expect(await page.locator('.outside').textContent()).toMatch(
      new RegExp(`^${outside} of ${codes.length / 2} images (is|are) outside the plane`),
    )

    const { width, height } = (await page.locator('.plane').boundingBox())!
    for (const [x, y, end] of [
      [0.2, 0.5, 'a'],
      [0.5, 0.2, 'b'],
    ] as const) {
      await page.locator('.plane').click({ position: { x: x * width, y: y * height } })
      await page.keyboard.press(end)
    }
    for (const label of ['Decoded images', 'Codes of test images'])
      await page.getByLabel(label).uncheck()
    await page.getByLabel('Path').selectOption('along the arc')
    await page.getByLabel('Position between A and B').fill('0.5')
    const middle = () => page.evaluate(lightestInPlane, 0.5 - 0.3 * Math.SQRT1_2)
    await expect.poll(middle).toBe(255)
    await page.getByLabel('Path').selectOption('straight')
    await expect.poll(middle).toBeLessThan(200)
    expect(complaints).toEqual([])
    await close()
  })

  it.each([
    [1280, 800],
    [390, 844],
  ])('encodes what is drawn as the engine does, at %i x %i', async (width, height) => {
    const which = cases['convolutional']!
    const { page, complaints, close } = await opened(which, 'a run', { width, height })
    const { picture, point } = await drawSeven(page)
    const x = greyFloats(Uint8Array.from(picture))
    expect(x.filter((value) => value > 0.5).length).toBeGreaterThan(40)
    expect(
      excess(point, engineAnswers(exported(which, 'model'), x).mu, 'code'),
    ).toBeLessThanOrEqual(0)
    const { violations } = await new AxeBuilder({ page }).analyze()
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
    // the same by keyboard: another drawing, another code; taken back, the cursor stays
    await page.getByRole('button', { name: 'Clear' }).click()
    await page.getByRole('application', { name: /Drawing pad/ }).focus()
    for (const key of ['Space', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'Space'])
      await page.keyboard.press(key)
    const now = () =>
      page.evaluate(() =>
        (globalThis as unknown as { explorer: { point(): number[] } }).explorer.point(),
      )
    await expect.poll(now).not.toEqual(point)
    expect(complaints).toEqual([])
    await close()
  })

  it('without an encoder has no pad', async () => {
    const file = join(temporaryFolder(), 'm.html')
    writeFileSync(
      file,
      (await buildPage(exported(cases['dense']!, 'decoder'), 'm.html', 'float32')).files[0]!.bytes,
    )
    const { page, close } = await openPage(findChromium()!, file)
    await page.getByRole('application', { name: /Latent plane/ }).waitFor()
    expect(await page.getByRole('button', { name: 'Draw', exact: true }).count()).toBe(0)
    await close()
  })

  it('of 128 latent dimensions keeps to the screen: the list of sliders scrolls; of one it is a line', async () => {
    const many = {
      config: configFrom(null, { encoderLayers: [8], decoderLayers: [8], latentSize: 128 }),
      image: digits,
    }
    const { page, complaints, close } = await opened(many)
    expect(await page.locator('.rows li').count()).toBe(128)
    const heights = await page.evaluate(() => {
      const rows = document.querySelector('.rows')!
      return [
        document.documentElement.scrollHeight,
        innerHeight,
        rows.scrollHeight,
        rows.clientHeight,
      ]
    })
    expect(heights[0]).toBeLessThanOrEqual(heights[1]!)
    expect(heights[2]).toBeGreaterThan(4 * heights[3]!)
    expect(complaints).toEqual([])
    await close()
    const one = await opened(
      {
        config: configFrom(null, { encoderLayers: [8], decoderLayers: [8], latentSize: 1 }),
        image: digits,
      },
      'one',
      { width: 390, height: 844 },
    )
    const { width, height } = (await one.page.locator('.plane').boundingBox())!
    expect(width).toBeGreaterThan(6 * height)
    // nothing is wider than a phone
    expect(await one.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
      390,
    )
    expect(one.complaints).toEqual([])
    await one.close()
  })
})
