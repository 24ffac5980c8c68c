// What is in the files beside the numbers: names, shapes, metadata, the script and the model card.
import { unzipSync } from 'fflate'
import protobuf from 'protobufjs'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readNpy } from '../../main/files/npy.ts'
import { npzBytes } from '../../main/files/npz.ts'
import { readSafetensors } from '../../main/engine/checkpoint.ts'
import { permuted } from '../../main/exporters/axes.ts'
import { exportOf } from '../../main/exporters/buildExport.ts'
import { plain } from '../../main/exporters/card.ts'
import { destinationOf } from '../../main/exporters/destination.ts'
import { modelOf } from '../../main/exporters/exportedModel.ts'
import { onnxBytes } from '../../main/exporters/onnx.ts'
import { safetensorsBytes } from '../../main/exporters/safetensors.ts'
import { exportFormats, loneFormats, type ExportFormat } from '../../preload/contract/exports.ts'
import { parameterShapes } from '../../preload/contract/parameters.ts'
import { temporaryFolder } from '../store/sample.ts'
import { cases, checkpointBytes, exported, sourceOf } from './exported.ts'

const convolutional = cases['odd sides, colours, stride-2 output']!
const built = (format: ExportFormat, name = 'a run') =>
  exportOf(exported(cases['dense']!, 'model', name), {
    format,
    part: 'model',
    names: destinationOf('/new', format).names,
  })
/** The formats that are files of their own with a card beside them. */
const plainFormats = exportFormats.filter((format) => !loneFormats.includes(format))
const textOf = (format: ExportFormat, file: string, name?: string) =>
  Buffer.from(built(format, name).files.find((one) => one.name === file)!.bytes).toString()

describe('safetensors', () => {
  it('hold the weights of the part under their documented names, no optimizer state', () => {
    for (const part of ['model', 'encoder', 'decoder'] as const) {
      const model = exported(convolutional, part)
      const { header, tensors } = readSafetensors(safetensorsBytes(model))
      const expected = [...parameterShapes(convolutional.config, convolutional.image)].filter(
        ([name]) => part === 'model' || name.startsWith(part),
      )
      expect(Object.entries(tensors).map(([name, { shape }]) => [name, shape])).toEqual(expected)
      for (const [name, { values }] of Object.entries(tensors))
        expect(values).toEqual(model.parameters[name]!.values)
      const metadata = header['__metadata__'] as Record<string, string>
      expect(Object.values(metadata).every((value) => typeof value === 'string')).toBe(true)
      expect(metadata).toMatchObject({
        format: 'latent-studio-model',
        part,
        latent_size: '4',
        image_shape: '11,14,3',
      })
      expect(Number(metadata['noise_variance'])).toBe(
        part === 'encoder' ? NaN : Math.exp(model.parameters['decoder.noise']!.values[0]!),
      )
    }
  })

  it('start their tensors at a multiple of 8, whatever the name of the run', () => {
    for (const name of ['', 'ä', '数字', 'x'.repeat(33)]) {
      const bytes = safetensorsBytes(exported(convolutional, 'model', name))
      expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0)
      expect(
        (readSafetensors(bytes).header['__metadata__'] as Record<string, string>)['run_name'],
      ).toBe(name)
    }
  })
})

it('npz holds one array for each name, the same bytes each time', () => {
  const model = exported(convolutional, 'model')
  const bytes = npzBytes(model.parameters, { 'metadata.json': '{}' })
  expect(Buffer.from(npzBytes(model.parameters, { 'metadata.json': '{}' })).equals(bytes)).toBe(
    true,
  )
  const entries = unzipSync(bytes)
  expect(Object.keys(entries)).toEqual([
    ...Object.keys(model.parameters).map((name) => `${name}.npy`),
    'metadata.json',
  ])
  const folder = temporaryFolder()
  for (const [name, { shape, values }] of Object.entries(model.parameters)) {
    writeFileSync(join(folder, 'one.npy'), entries[`${name}.npy`]!)
    expect(readNpy(join(folder, 'one.npy'))).toEqual({ dtype: '<f4', shape, values })
  }
})

it('ONNX says its opset, and in metadata_props what a program needs to feed it', () => {
  const schema = `syntax = "proto3"; message Opset { string domain = 1; int64 version = 2; } message Property { string key = 1; string value = 2; }
    message Model { int64 ir_version = 1; string producer_name = 2; repeated Opset opset_import = 8; repeated Property metadata_props = 14; }`
  const type = protobuf.parse(schema, { keepCase: true }).root.lookupType('Model')
  const read = type.toObject(type.decode(onnxBytes(exported(convolutional, 'decoder'))), {
    longs: Number,
  }) as {
    ir_version: number
    opset_import: { version: number }[]
    metadata_props: { key: string; value: string }[]
  }
  expect(read).toMatchObject({ ir_version: 8, opset_import: [{ version: 17 }] })
  const properties = Object.fromEntries(read.metadata_props.map(({ key, value }) => [key, value]))
  expect(properties).toMatchObject({
    likelihood: 'gaussian-learned',
    latent_size: '4',
    image_shape: '11,14,3',
    step: '40',
    program: 'Latent Studio 0.0.1',
  })
  expect(properties['preprocessing']).toContain('grey / 255')
})

describe('model card', () => {
  it.each(plainFormats)(
    'of %s says data, licence, loss, numbers in nats and how to load it',
    (format) => {
      const card = textOf(format, 'MODEL_CARD.md')
      for (const part of [
        'MNIST',
        'CC BY-SA 3.0',
        'squared error',
        '120.25 nats per image',
        '124.75',
        'step 40',
        'How to load',
        '[N, 784]',
      ])
        expect(card).toContain(part)
    },
  )

  it('shows a name with markup and obeys none of it', () => {
    const name = '<img src=x onerror=alert(1)>\n# [a](javascript:b) `c` **d** &lt;'
    const card = textOf('onnx', 'MODEL_CARD.md', name)
    expect(card.split('\n')[0]).toBe(
      '# &lt;img src=x onerror=alert\\(1\\)&gt; \\# \\[a\\]\\(javascript:b\\) \\`c\\` \\*\\*d\\*\\* &amp;lt;',
    )
    expect(card).not.toContain('<img')
    expect(plain('a\u2028b\u0000c')).toBe('a b c')
  })

  it('names the files that the other formats have', () => {
    const names = Object.fromEntries(
      plainFormats.map((format) => [format, built(format).files.map((file) => file.name)]),
    )
    expect(names).toEqual({
      onnx: ['MODEL_CARD.md', 'model.onnx'],
      safetensors: ['MODEL_CARD.md', 'load_in_pytorch.py', 'load_in_jax.py', 'model.safetensors'],
      npz: ['MODEL_CARD.md', 'model.npz'],
      tfjs: ['MODEL_CARD.md', 'weights.bin', 'model.json'],
      savedmodel: ['MODEL_CARD.md', 'saved_model.pb'],
      keras: ['MODEL_CARD.md', 'model.keras'],
    })
  })
})

it('a checkpoint whose weights are not those of its settings is refused', () => {
  const which = cases['dense']!
  const bytes = checkpointBytes(which)
  const wider = { ...which, image: { height: 28, width: 29, channels: 1 } }
  expect(() => modelOf(bytes, sourceOf(wider, bytes), 'model')).toThrow(
    /encoder\.0\.weight is 784 x 30, expected 812 x 30/,
  )
  expect(() => modelOf(bytes.subarray(0, -4), sourceOf(which, bytes), 'model')).toThrow(
    expect.objectContaining({ code: 'damaged-checkpoint' }),
  )
})

it('axes are exchanged as numpy.transpose does', () => {
  // numpy.arange(24).reshape(2, 3, 2, 2).transpose(3, 2, 0, 1).ravel()
  const expected = [
    0, 4, 8, 12, 16, 20, 2, 6, 10, 14, 18, 22, 1, 5, 9, 13, 17, 21, 3, 7, 11, 15, 19, 23,
  ]
  const found = permuted(
    Float32Array.from({ length: 24 }, (_, i) => i),
    [2, 3, 2, 2],
    [3, 2, 0, 1],
  )
  expect(found).toEqual({ shape: [2, 2, 2, 3], values: Float32Array.from(expected) })
})
