// Exports opened by programs that we did not write compute what the engine computes: ONNX in
// onnxruntime, tfjs by loadGraphModel over HTTP, SavedModel in TensorFlow where the native runtime
// is installed.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import * as tfjs from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { types } from '../../main/compile/proto.ts'
import { loadGraph } from '../../main/compile/session.ts'
import { openDataset } from '../../main/datasets/index.ts'
import { greyFloats } from '../../main/engine/grey.ts'
import type { ExportedModel } from '../../main/exporters/exportedModel.ts'
import { onnxBytes } from '../../main/exporters/onnx.ts'
import { savedModelBytes } from '../../main/exporters/savedmodel.ts'
import { signatureOf } from '../../main/exporters/signature.ts'
import { tfjsFiles } from '../../main/exporters/tfjs.ts'
import { nativeBackend } from '../compile/native.ts'
import { testBackend } from '../kit/backend.ts'
import { withRuntime } from '../kit/needing.ts'
import {
  cases,
  drawnImages,
  engineAnswers,
  excess,
  exported,
  type Answers,
  type Case,
} from './exported.ts'

const count = 50
let digits: Float32Array

beforeAll(async () => {
  await testBackend('js')
  digits = greyFloats((await openDataset('mnist')).split('test').images.subarray(0, count * 784))
})

/** Runs one exported part: input values in, outputs by name out. */
type Run = (
  model: ExportedModel,
  input: Float32Array,
  images: number,
) => Promise<Record<string, ArrayLike<number>>>

async function checkAll(which: Case, run: Run): Promise<void> {
  const x = which.image.channels === 1 ? digits : drawnImages(which, count)
  const whole = exported(which, 'model')
  const answers = engineAnswers(whole, x)
  check(await run(whole, x, count), answers, ['mu', 'logvar', 'reconstruction'])
  check(await run(exported(which, 'encoder'), x, count), answers, ['mu', 'logvar'])
  const decoder = exported(which, 'decoder')
  const pixels = signatureOf(decoder).outputs[0]!.name
  expect(pixels).toBe(which.config.likelihood === 'bernoulli' ? 'probabilities' : 'means')
  check(await run(decoder, answers.mu, count), answers, [pixels])
  // the number of images is free
  const Z = which.config.latentSize
  const first = {
    mu: answers.mu.slice(0, Z),
    logvar: answers.logvar.slice(0, Z),
    pixels: answers.pixels.slice(0, whole.pixels),
  }
  check(await run(whole, x.slice(0, whole.pixels), 1), first, ['mu', 'logvar', 'reconstruction'])
}

function check(found: Record<string, ArrayLike<number>>, answers: Answers, names: string[]): void {
  expect(Object.keys(found)).toEqual(names)
  for (const name of names) {
    const code = name === 'mu' || name === 'logvar'
    expect(
      excess(found[name]!, code ? answers[name] : answers.pixels, code ? 'code' : 'pixel'),
      name,
    ).toBeLessThanOrEqual(0)
  }
}

const inOnnxruntime: Run = async (model, input, images) => {
  const session = await InferenceSession.create(onnxBytes(model), {
    executionProviders: ['cpu'],
    logSeverityLevel: 3,
  })
  const name = signatureOf(model).inputs[0]!.name
  expect(session.inputNames).toEqual([name])
  const outputs = await session.run({
    [name]: new Tensor('float32', input, [images, input.length / images]),
  })
  const found = Object.fromEntries(
    session.outputNames.map((output) => [output, outputs[output]!.data as Float32Array]),
  )
  await session.release()
  return found
}

const inTfjs: Run = async (model, input, images) => {
  const { json, weights } = tfjsFiles(model)
  const server = createServer((request, response) =>
    response.end(request.url?.endsWith('model.json') ? json : weights),
  )
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const graph = await tfjs.loadGraphModel(
    `http://127.0.0.1:${(server.address() as AddressInfo).port}/model.json`,
  )
  server.close()
  const { inputs, outputs } = signatureOf(model)
  const names = outputs.map(({ name }) => name)
  const found = tfjs.tidy(() => {
    const x = tfjs.tensor2d(input, [images, input.length / images])
    // by name, and in the signature's order
    const named = [graph.execute({ [inputs[0]!.name]: x }, names)].flat()
    const plain = [graph.predict(x) as tfjs.Tensor | tfjs.Tensor[]].flat()
    expect(plain.map((tensor) => tensor.shape)).toEqual(named.map((tensor) => tensor.shape))
    return Object.fromEntries(names.map((name, index) => [name, [...named[index]!.dataSync()]]))
  })
  graph.dispose()
  return found
}

describe.each(Object.entries(cases))('%s', (_name, which) => {
  it('as ONNX in onnxruntime', () => checkAll(which, inOnnxruntime))

  it('as a tfjs graph model', () => checkAll(which, inTfjs))

  withRuntime.test('as a SavedModel in TensorFlow', async () => {
    const native = await nativeBackend()
    await testBackend('js')
    await checkAll(which, (model, input, images) => {
      const graph = loadGraph(savedModelBytes(model), native)
      const { inputs, outputs } = signatureOf(model)
      const feed = {
        name: inputs[0]!.name,
        dtype: types.float,
        shape: [images, input.length / images],
        values: input,
      }
      const results = graph.run(
        [feed],
        outputs.map(({ name }) => name),
      )
      const found = Object.fromEntries(
        outputs.map(({ name }, index) => [name, graph.take(results[index]!) as Float32Array]),
      )
      graph.dispose()
      return Promise.resolve(found)
    })
  })
})

it('notices a wrong number', async () => {
  const model = exported(cases['convolutional']!, 'model')
  const answers = engineAnswers(model, digits)
  const weight = model.parameters['decoder.1.weight']!
  weight.values[7]! += 1e-2
  const found = await inOnnxruntime(model, digits, count)
  expect(excess(found['reconstruction']!, answers.pixels, 'pixel')).toBeGreaterThan(0)
  expect(excess(found['mu']!, answers.mu, 'code')).toBeLessThanOrEqual(0)
})
