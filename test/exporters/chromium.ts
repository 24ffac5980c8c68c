// A tfjs export in a real browser: a page with nothing but @tensorflow/tfjs as npm has it, which
// loads model.json over HTTP and computes.
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { chromium } from '@playwright/test'

const library = join(
  dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs/package.json')),
  'dist',
  'tf.min.js',
)

export interface Browsed {
  program: string
  mu: number[]
  logvar: number[]
  pixels: number[]
}

/**
 * x: count x pixels. Computes on the browser's `cpu` backend, the one without another precision.
 */
export async function inChromium(
  executablePath: string,
  folder: string,
  x: Float32Array,
  pixels: number,
): Promise<Browsed> {
  const server = await serving(folder, x)
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  try {
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    const version = browser.version()
    const found = await page.evaluate(compute, pixels)
    return { ...found, program: `tfjs ${found.version}, Chromium ${version.split('.')[0]}` }
  } finally {
    await browser.close()
    server.close()
  }
}

async function serving(folder: string, x: Float32Array): Promise<Server> {
  const page = '<!doctype html><script src="/tf.min.js"></script>'
  const answers: Record<string, [type: string, content: () => Uint8Array | string]> = {
    '/': ['text/html', () => page],
    '/tf.min.js': ['text/javascript', () => readFileSync(library)],
    '/x.bin': [
      'application/octet-stream',
      () => new Uint8Array(x.buffer, x.byteOffset, x.byteLength),
    ],
    '/model.json': ['application/json', () => readFileSync(join(folder, 'model.json'))],
    '/weights.bin': ['application/octet-stream', () => readFileSync(join(folder, 'weights.bin'))],
  }
  const server = createServer((request, response) => {
    const [type, content] = answers[request.url ?? ''] ?? ['text/plain', () => '']
    response.writeHead(200, { 'content-type': type }).end(content())
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return server
}

/** What the page's tfjs offers, as far as it is used here. */
interface PageTf {
  version_core: string
  setBackend(name: string): Promise<boolean>
  loadGraphModel(url: string): Promise<{
    execute(
      inputs: Record<string, unknown>,
      outputs: string[],
    ): { data(): Promise<Float32Array>; dispose(): void }[]
  }>
  tensor2d(values: Float32Array, shape: [number, number]): { dispose(): void }
}

// Runs in the page: nothing from above can be seen there.
async function compute(
  size: number,
): Promise<{ version: string; mu: number[]; logvar: number[]; pixels: number[] }> {
  const { tf } = globalThis as unknown as { tf: PageTf }
  await tf.setBackend('cpu')
  const model = await tf.loadGraphModel('/model.json')
  const x = new Float32Array(await (await fetch('/x.bin')).arrayBuffer())
  const [mu, logvar, pixels]: [number[], number[], number[]] = [[], [], []]
  const batch = 100 * size
  for (let from = 0; from < x.length; from += batch) {
    const part = x.subarray(from, Math.min(x.length, from + batch))
    const input = tf.tensor2d(part, [part.length / size, size])
    const outputs = model.execute({ x: input }, ['mu', 'logvar', 'reconstruction'])
    const values = await Promise.all(outputs.map((output) => output.data()))
    for (const [index, into] of [mu, logvar, pixels].entries())
      for (const value of values[index]!) into.push(value)
    for (const tensor of [input, ...outputs]) tensor.dispose()
  }
  return { version: tf.version_core, mu, logvar, pixels }
}
