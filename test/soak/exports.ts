// Exports against `latent encode` and `latent decode` on 1,000 MNIST test images, for a dense and a
// convolutional run, and against the engine for a network of odd sides and colours: ONNX in
// onnxruntime, tfjs and the HTML page (from file://) in Chromium, and with PYTHON (of an
// environment with torch, jax, tensorflow, keras) safetensors in PyTorch and JAX through the
// generated scripts, npz in NumPy, SavedModel in TensorFlow, .keras on three backends. Prints the
// largest differences. `PYTHON=/path/to/python npm run soak -- exports [IMAGES] [SEED]`
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { findChromium } from '../../apps/testing/chromium.ts'
import { openDataset } from '../../main/datasets/index.ts'
import { npyBytes, readNpy } from '../../main/files/npy.ts'
import { document } from '../cli/latent.ts'
import { buildExport } from '../../main/exporters/buildExport.ts'
import { exportFormats, exportParts, loneFormats } from '../../preload/contract/exports.ts'
import {
  cases,
  checkpointBytes,
  drawnImages,
  engineAnswers,
  excess,
  exported,
  sourceOf,
  type Answers,
} from '../exporters/exported.ts'
import { inChromium } from '../exporters/chromium.ts'
import { drawSeven, numbersOf, openPage } from '../exporters/explorerPage.ts'
import { testBackend } from '../kit/backend.ts'

/** What one program computed, held against ours. */
interface Row {
  model: string
  program: string
  mu?: number
  logvar?: number
  pixels?: number
  within: boolean
}

const trainings: Record<string, string[]> = {
  dense: ['tutorial', '--steps', '500'],
  convolutional: ['keras-conv', '--steps', '20'],
}

export async function run(args: string[]): Promise<void> {
  const [images, seed] = [Number(args[0] ?? 1000), Number(args[1] ?? 0)]
  if (!Number.isInteger(images) || images < 1 || !Number.isInteger(seed))
    throw new Error(`expected [IMAGES] [SEED], found ${args.join(' ')}`)
  console.log(`exports: ${images} images, seed ${seed}`)
  const folder = mkdtempSync(join(tmpdir(), 'latent-exports-'))
  try {
    const rows = await compared(folder, images, seed)
    for (const row of rows) console.log(lineOf(row))
    const beyond = rows.filter((row) => !row.within)
    if (beyond.length > 0)
      throw new Error(`${beyond.length} of ${rows.length} comparisons are beyond 1e-5`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function compared(folder: string, images: number, seed: number): Promise<Row[]> {
  const x = new Float32Array(images * 784)
  const grey = (await openDataset('mnist')).split('test').images
  for (let i = 0; i < x.length; i++) x[i] = grey[i]! / 255
  const rows: Row[] = []
  const add = async (model: string, given: Float32Array, answers: Answers) => {
    const pixels = answers.pixels.length / images
    rows.push(...(await inOnnxruntime(model, join(folder, model), given, answers, pixels)))
    rows.push(...(await browsed(model, join(folder, model), given, answers, pixels)))
  }
  const data = mkdtempSync(join(tmpdir(), 'latent-exports-data-'))
  try {
    for (const [model, preset] of Object.entries(trainings)) {
      mkdirSync(join(folder, model))
      writeFileSync(join(folder, model, 'x.npy'), npyBytes(x, [images, 784]))
      const environment = { LATENT_STUDIO_HOME: data }
      const { answers, run } = await prepared(join(folder, model), preset, seed, environment)
      await add(model, x, answers)
      rows.push(...(await drawing(model, join(folder, model), run, environment)))
    }
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
  const drawn = drawnImages(cases['odd sides, colours, stride-2 output']!, images)
  await add('odd sides', drawn, await drawnModel(join(folder, 'odd sides'), drawn, images))
  return [...rows, ...(await inPython(folder))]
}

/**
 * Trains, encodes, decodes and exports by the command line; everything lies in `folder` afterwards,
 * beside its x.npy.
 */
async function prepared(
  folder: string,
  preset: string[],
  seed: number,
  environment: NodeJS.ProcessEnv,
): Promise<{ answers: Answers; run: string }> {
  const at = (name: string) => join(folder, name)
  const call = (...args: string[]) => document(args, environment)
  const { run: trained } = (await call(
    'train',
    ...preset,
    '--frames',
    '0',
    '--seed',
    String(seed),
  )) as {
    run: { id: string; backend: string }
  }
  await call('encode', trained.id, '--input', at('x.npy'), '--out', at('codes.npy'))
  const { values: codes, shape } = readNpy(at('codes.npy'))
  const [count, Z] = [shape[0]!, shape[1]! / 2]
  const half = (from: number) =>
    Float32Array.from(
      { length: count * Z },
      (_, i) => codes[Math.floor(i / Z) * 2 * Z + from + (i % Z)]!,
    )
  const [mu, logvar] = [half(0), half(Z)]
  writeFileSync(at('mu.npy'), npyBytes(mu, [count, Z]))
  await call('decode', trained.id, '--input', at('mu.npy'), '--out', at('pixels.npy'))
  for (const name of ['model.npz', 'model.html'])
    await call('export', trained.id, '--out', at(name))
  for (const format of ['tfjs', 'savedmodel'])
    await call('export', trained.id, '--format', format, '--out', at(format))
  for (const part of exportParts)
    for (const ending of ['onnx', 'safetensors', 'keras'])
      await call('export', trained.id, '--part', part, '--out', at(`${part}.${ending}`))
  console.log(`${preset[0]}: trained on ${trained.backend}, encoded, decoded, exported`)
  return {
    answers: { mu, logvar, pixels: Float32Array.from(readNpy(at('pixels.npy')).values) },
    run: trained.id,
  }
}

/**
 * A network of drawn weights with every way to pad, which no preset has; its answers are the
 * engine's own.
 */
async function drawnModel(folder: string, x: Float32Array, images: number): Promise<Answers> {
  await testBackend('js')
  const which = cases['odd sides, colours, stride-2 output']!
  const at = (name: string) => join(folder, name)
  const bytes = checkpointBytes(which)
  for (const made of [folder, at('tfjs'), at('savedmodel')]) mkdirSync(made)
  writeFileSync(at('checkpoint'), bytes)
  const source = { ...sourceOf(which, bytes), file: at('checkpoint') }
  for (const format of exportFormats.filter((one) => one !== 'latent'))
    for (const part of exportParts) {
      const where = format === 'tfjs' || format === 'savedmodel' ? `${format}/` : ''
      if (part !== 'model' && (where !== '' || loneFormats.includes(format))) continue
      const { files } = await buildExport(source, {
        format,
        part,
        names: { main: `${part}.${format}`, card: null },
      })
      for (const file of files) writeFileSync(at(where + file.name), file.bytes)
    }
  const answers = engineAnswers(exported(which, 'model'), x)
  const [Z, codes] = [which.config.latentSize, [] as number[]]
  for (let i = 0; i < images; i++)
    codes.push(
      ...answers.mu.subarray(i * Z, (i + 1) * Z),
      ...answers.logvar.subarray(i * Z, (i + 1) * Z),
    )
  writeFileSync(at('x.npy'), npyBytes(x, [images, x.length / images]))
  writeFileSync(at('codes.npy'), npyBytes(Float32Array.from(codes), [images, 2 * Z]))
  writeFileSync(at('mu.npy'), npyBytes(answers.mu, [images, Z]))
  writeFileSync(at('pixels.npy'), npyBytes(answers.pixels, [images, x.length / images]))
  return answers
}

async function inOnnxruntime(
  model: string,
  folder: string,
  x: Float32Array,
  answers: Answers,
  pixels: number,
): Promise<Row[]> {
  const rows: Row[] = []
  for (const part of ['model', 'encoder', 'decoder']) {
    const session = await InferenceSession.create(join(folder, `${part}.onnx`), {
      executionProviders: ['cpu'],
    })
    const input = part === 'decoder' ? answers.mu : x
    const count = x.length / pixels
    const outputs = await session.run({
      [session.inputNames[0]!]: new Tensor('float32', input, [count, input.length / count]),
    })
    const found: Partial<Record<keyof Answers, ArrayLike<number>>> = {}
    for (const name of session.outputNames)
      found[name === 'mu' || name === 'logvar' ? name : 'pixels'] = outputs[name]!
        .data as Float32Array
    rows.push(rowOf(model, `onnxruntime, ${part}`, found, answers))
  }
  return rows
}

async function browsed(
  model: string,
  folder: string,
  x: Float32Array,
  answers: Answers,
  size: number,
): Promise<Row[]> {
  const chromium = findChromium()
  if (chromium === undefined) {
    console.log(
      'tfjs and html in Chromium: left out, no chromium found (name one in LATENT_CHROMIUM)',
    )
    return []
  }
  const { program, mu, logvar, pixels } = await inChromium(chromium, join(folder, 'tfjs'), x, size)
  const { page, version, complaints, close } = await openPage(chromium, join(folder, 'model.html'))
  const found = await numbersOf(page, x, size).finally(close)
  if (complaints.length > 0) throw new Error(`${model}.html: ${complaints.join('; ')}`)
  return [
    rowOf(model, program, { mu, logvar, pixels }, answers),
    rowOf(model, `html, file://, Chromium ${version.split('.')[0]}`, found, answers),
  ]
}

/**
 * Where the page's pad puts a drawing, against `latent encode` of the picture that it made of it.
 */
async function drawing(
  model: string,
  folder: string,
  run: string,
  environment: NodeJS.ProcessEnv,
): Promise<Row[]> {
  const chromium = findChromium()
  if (chromium === undefined) return []
  const { page, close } = await openPage(chromium, join(folder, 'model.html'))
  const { picture, point } = await drawSeven(page).finally(close)
  const [input, out] = [join(folder, 'drawing.npy'), join(folder, 'drawing-codes.npy')]
  const x = Float32Array.from(picture, (grey) => grey / 255)
  writeFileSync(input, npyBytes(x, [1, x.length]))
  await document(['encode', run, '--input', input, '--out', out], environment)
  const codes = Float32Array.from(readNpy(out).values)
  const mu = codes.subarray(0, codes.length / 2)
  return [rowOf(model, 'html, a drawing on its pad', { mu: point }, { mu, logvar: mu, pixels: mu })]
}

async function inPython(folder: string): Promise<Row[]> {
  const python = process.env['PYTHON']
  if (python === undefined) {
    console.log(
      'PyTorch, JAX, NumPy, TensorFlow, Keras: left out, set PYTHON to a python that has them',
    )
    return []
  }
  const script = resolve(import.meta.dirname, 'exports.py')
  const rows: Row[] = []
  for (const [programs, backend] of [
    ['plain'],
    ['keras', 'tensorflow'],
    ['keras', 'jax'],
    ['keras', 'torch'],
  ] as const) {
    const env = { ...process.env, KERAS_BACKEND: backend }
    const { stdout } = await promisify(execFile)(python, [script, folder, programs], {
      maxBuffer: 2 ** 24,
      env,
    })
    rows.push(...(JSON.parse(stdout.trim().split('\n').at(-1)!) as Row[]))
  }
  return rows
}

function rowOf(
  model: string,
  program: string,
  found: Partial<Record<keyof Answers, ArrayLike<number>>>,
  answers: Answers,
): Row {
  const row: Row = { model, program, within: true }
  for (const name of ['mu', 'logvar', 'pixels'] as const) {
    const values = found[name]
    if (!values) continue
    row.within &&= excess(values, answers[name], name === 'pixels' ? 'pixel' : 'code') <= 0
    row[name] = answers[name].reduce(
      (worst, value, i) => Math.max(worst, Math.abs(value - values[i]!)),
      0,
    )
  }
  return row
}

function lineOf({ model, program, within, ...found }: Row): string {
  const figures = (['mu', 'logvar', 'pixels'] as const)
    .filter((name) => found[name] !== undefined)
    .map((name) => `${name} ${found[name]!.toExponential(1)}`)
  return `${model.padEnd(14)} ${program.padEnd(42)} largest difference: ${figures.join(', ')}${within ? '' : '  BEYOND 1e-5'}`
}
