// .keras files as Keras looks at them: the zip's entries, a graph of its own layers, and weights
// where it searches for them, read by the HDF5 library itself. The numbers are held against Keras
// by `npm run soak -- exports`.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unzipSync } from 'fflate'
import * as hdf5 from 'h5wasm/node'
import { beforeAll, describe, expect, it } from 'vitest'
import { kerasBytes } from '../../main/exporters/keras.ts'
import type { ExportedModel } from '../../main/exporters/exportedModel.ts'
import { hdf5Bytes } from '../../main/files/hdf5.ts'
import { exportParts } from '../../preload/contract/exports.ts'
import { temporaryFolder } from '../store/sample.ts'
import { cases, exported } from './exported.ts'

interface KerasLayer {
  class_name: string
  module: string
  name: string
  config: Record<string, unknown>
  inbound_nodes: {
    args: { config: { shape: (number | null)[]; keras_history: [string, number, number] } }[]
  }[]
}

interface KerasConfig {
  class_name: string
  config: { layers: KerasLayer[]; input_layers: unknown; output_layers: unknown }
}

const colours = cases['odd sides, colours, stride-2 output']!

beforeAll(async () => {
  await hdf5.ready
})

/** Shapes and values of all arrays, by their paths. */
function arraysOf(bytes: Uint8Array): Record<string, { shape: number[]; values: Float32Array }> {
  const path = join(temporaryFolder(), 'file.h5')
  writeFileSync(path, bytes)
  const file = new hdf5.File(path, 'r')
  const found: Record<string, { shape: number[]; values: Float32Array }> = {}
  for (const name of file.paths()) {
    const entry = file.get(name)
    if (!(entry instanceof hdf5.Dataset)) continue
    expect(entry.dtype).toBe('<f')
    found[name] = { shape: [...entry.shape!], values: entry.value as Float32Array }
  }
  file.close()
  return found
}

function opened(model: ExportedModel) {
  const entries = unzipSync(kerasBytes(model))
  const json = (name: string) => JSON.parse(Buffer.from(entries[name]!).toString()) as unknown
  return {
    names: Object.keys(entries),
    config: json('config.json') as KerasConfig,
    metadata: json('metadata.json') as Record<string, unknown>,
    arrays: arraysOf(entries['model.weights.h5']!),
  }
}

// As keras.src.saving.saving_lib names them: snake case of the class, numbered in the order of the
// graph.
function weightsAsKerasFinds({ config }: KerasConfig): [layer: string, path: string][] {
  const used = new Map<string, number>()
  const named: [string, string][] = []
  for (const { class_name: kind, name } of config.layers) {
    const snake = { Dense: 'dense', Conv2D: 'conv2d', Conv2DTranspose: 'conv2d_transpose' }[kind]
    if (snake === undefined) continue
    const number = used.get(snake) ?? 0
    used.set(snake, number + 1)
    named.push([name, `layers/${snake}${number === 0 ? '' : `_${number}`}/vars`])
  }
  return named
}

describe.each(Object.entries(cases))('%s', (_name, which) => {
  it.each(exportParts)('%s: every weight lies where Keras looks for it', (part) => {
    const model = exported(which, part)
    const { names, config, arrays } = opened(model)
    expect(names).toEqual(['metadata.json', 'config.json', 'model.weights.h5'])
    const expected: typeof arrays = {}
    for (const [layer, path] of weightsAsKerasFinds(config)) {
      const name = layer.replace('_', '.')
      expected[`${path}/0`] = model.parameters[`${name}.weight`]!
      expected[`${path}/1`] = model.parameters[`${name}.bias`]!
    }
    expect(arrays).toEqual(expected)
    const weights = Object.keys(model.parameters).filter((name) => name !== 'decoder.noise')
    expect(Object.keys(arrays)).toHaveLength(weights.length)
  })

  it('a chain of known layers whose shapes fit', () => {
    const { layers } = opened(exported(which, 'model')).config.config
    const shapes = new Map<string, string>()
    for (const { class_name: kind, name, config, inbound_nodes: inbound, module } of layers) {
      expect(module).toBe('keras.layers')
      const from = inbound[0]?.args[0]?.config
      const shape = from
        ? shapeAfter(kind, config, from.shape.slice(1) as number[])
        : (config['batch_shape'] as number[]).slice(1)
      if (from) expect(from.shape.slice(1).join(), name).toBe(shapes.get(from.keras_history[0]))
      expect(shapes.has(name)).toBe(false)
      shapes.set(name, shape.join())
    }
    const [Z, pixels] = [
      which.config.latentSize,
      which.image.height * which.image.width * which.image.channels,
    ]
    expect([shapes.get('mu'), shapes.get('logvar'), shapes.get('reconstruction')]).toEqual([
      `${Z}`,
      `${Z}`,
      `${pixels}`,
    ])
  })
})

/** As the documentation of each of Keras's layers says. */
function shapeAfter(kind: string, config: Record<string, unknown>, [a, b, c]: number[]): number[] {
  const pair = (name: string) => config[name] as [number, number]
  switch (kind) {
    case 'Dense':
      return [config['units'] as number]
    case 'Reshape': {
      const shape = config['target_shape'] as number[]
      const count = (sizes: (number | undefined)[]) =>
        sizes.reduce<number>((product, size) => product * (size ?? 1), 1)
      expect(count(shape)).toBe(count([a, b, c]))
      return shape
    }
    case 'Activation':
      return [a!]
    case 'Cropping1D':
      return [a! - pair('cropping')[0] - pair('cropping')[1], b!]
    case 'Cropping2D': {
      const [rows, columns] = config['cropping'] as [[number, number], [number, number]]
      return [a! - rows[0] - rows[1], b! - columns[0] - columns[1], c!]
    }
    case 'Conv2D':
      expect(config['padding']).toBe('same')
      return [
        Math.ceil(a! / pair('strides')[0]),
        Math.ceil(b! / pair('strides')[1]),
        config['filters'] as number,
      ]
    case 'Conv2DTranspose': {
      expect(config['padding']).toBe('valid')
      const whole = (size: number, axis: 0 | 1) =>
        size * pair('strides')[axis] +
        Math.max(pair('kernel_size')[axis] - pair('strides')[axis], 0)
      return [whole(a!, 0), whole(b!, 1), config['filters'] as number]
    }
    default:
      throw new Error(`unexpected layer ${kind}`)
  }
}

it('outputs are named, one alone is not wrapped', () => {
  const layersOf = (part: (typeof exportParts)[number]) => {
    const { input_layers: input, output_layers: output } = opened(exported(colours, part)).config
      .config
    return [input, output]
  }
  expect(layersOf('encoder')).toEqual([['x', 0, 0], { mu: ['mu', 0, 0], logvar: ['logvar', 0, 0] }])
  expect(layersOf('decoder')).toEqual([
    ['z', 0, 0],
    ['means', 0, 0],
  ])
})

it('metadata says what Keras asks for and how to feed the model; the same model makes the same bytes', () => {
  const model = exported(colours, 'model')
  const { metadata } = opened(model)
  expect(metadata['date_saved']).toMatch(/^\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d$/)
  expect(metadata['keras_version']).toMatch(/^3\./)
  expect(metadata['latent_studio']).toMatchObject({
    likelihood: 'gaussian-learned',
    image_shape: '11,14,3',
    latent_size: '4',
  })
  expect(Buffer.from(kerasBytes(model)).equals(kerasBytes(model))).toBe(true)
})

it('HDF5: odd sizes, many links, long names, empty groups, views of larger buffers', () => {
  const many = Object.fromEntries(
    Array.from({ length: 300 }, (_, i): [string, { shape: number[]; values: Float32Array }] => [
      `n${i}${'x'.repeat(i % 200)}`,
      {
        shape: [1 + (i % 3), 1],
        values: Float32Array.from({ length: 1 + (i % 3) }, (_, j) => i + j / 4),
      },
    ]),
  )
  const view = { shape: [3], values: Float32Array.of(9, 1.5, -2, 3e38, 9).subarray(1, 4) }
  const found = arraysOf(hdf5Bytes({ many, empty: {}, below: { empty: {}, deeper: { view } } }))
  const expected = Object.fromEntries(
    Object.entries(many).map(([name, array]) => [`many/${name}`, array]),
  )
  expect(found).toEqual({
    ...expected,
    'below/deeper/view': { shape: [3], values: Float32Array.of(1.5, -2, 3e38) },
  })
})
