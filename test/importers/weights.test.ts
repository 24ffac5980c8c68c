// Weights from other programs: order of axes, kinds of numbers, names, and every file that does not
// fit its settings.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { permuted } from '../../main/exporters/axes.ts'
import { toHalf } from '../../main/exporters/pageData.ts'
import { safetensorsBytes } from '../../main/exporters/safetensors.ts'
import { floatsOf } from '../../main/importers/floats.ts'
import { readWeights } from '../../main/importers/importWeights.ts'
import { cases, exported } from '../exporters/exported.ts'
import { temporaryFolder } from '../store/sample.ts'

const which = cases['convolutional']!
const model = exported(which, 'model')
const config = { ...which.config }
const question = { preset: null, config }

type Tensors = Record<string, { dtype: string; shape: number[]; bytes: Uint8Array }>

function fileOf(
  tensors: Tensors,
  metadata?: Record<string, unknown>,
  change: (header: string) => string = (header) => header,
): string {
  const header: Record<string, unknown> = metadata ? { __metadata__: metadata } : {}
  let end = 0
  for (const [name, { dtype, shape, bytes }] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: [end, end + bytes.length] }
    end += bytes.length
  }
  const text = Buffer.from(change(JSON.stringify(header)))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  const path = join(temporaryFolder(), 'w.safetensors')
  writeFileSync(
    path,
    Buffer.concat([length, text, ...Object.values(tensors).map(({ bytes }) => bytes)]),
  )
  return path
}

const bytesOf = (values: Float32Array | Float64Array | Uint16Array) =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
const kinds: Record<string, (values: Float32Array) => Uint8Array> = {
  F32: bytesOf,
  F64: (values) => bytesOf(Float64Array.from(values)),
  F16: (values) => bytesOf(Uint16Array.from(values, toHalf)),
  BF16: (values) =>
    bytesOf(
      Uint16Array.from(new Uint32Array(Float32Array.from(values).buffer), (bits) => bits >>> 16),
    ),
}

function tensorsOf(layout: 'tensorflow' | 'pytorch', dtype = 'F32'): Tensors {
  return Object.fromEntries(
    Object.entries(model.parameters).map(([name, array]) => {
      const turned = layout === 'pytorch' && name.endsWith('.weight')
      const { shape, values } = turned
        ? permuted(array.values, array.shape, array.shape.length === 2 ? [1, 0] : [3, 2, 0, 1])
        : array
      return [name, { dtype, shape, bytes: kinds[dtype]!(values) }]
    }),
  )
}

const same = (path: string, given: Partial<Parameters<typeof readWeights>[1]> = {}) => {
  const { parameters } = readWeights(path, { ...question, ...given })
  expect(Object.keys(parameters)).toEqual(Object.keys(model.parameters))
  for (const [name, { shape, values }] of Object.entries(parameters)) {
    expect(shape, name).toEqual(model.parameters[name]!.shape)
    expect(values, name).toEqual(model.parameters[name]!.values)
  }
}

it('our own export comes back with its settings, step and name', () => {
  const path = join(temporaryFolder(), 'w.safetensors')
  writeFileSync(path, safetensorsBytes(exported(which, 'model', '<b>x</b>')))
  const read = readWeights(path, { preset: null })
  expect(read).toMatchObject({
    config,
    step: 40,
    layout: 'tensorflow',
    metadata: { run_name: '<b>x</b>' },
  })
  same(path, { config: undefined })
})

it("PyTorch's order is taken when it is said, by the caller or by the file, and never else", () => {
  const turned = tensorsOf('pytorch')
  same(fileOf(turned), { layout: 'pytorch' })
  same(fileOf(turned, { layout: 'pytorch' }))
  same(fileOf(turned, { format: 'pt' }))
  same(fileOf(tensorsOf('tensorflow'), { format: 'pt' }), { layout: 'tensorflow' })
  expect(() => readWeights(fileOf(turned), question)).toThrow(
    /encoder\.0\.weight is 4 x 1 x 3 x 3, expected 3 x 3 x 1 x 4\. .*--layout pytorch/,
  )
  expect(() =>
    readWeights(fileOf(tensorsOf('tensorflow')), { ...question, layout: 'pytorch' }),
  ).toThrow(/--layout tensorflow/)
})

describe('numbers', () => {
  it('of float64 that are float32 come back as they were', () =>
    same(fileOf(tensorsOf('tensorflow', 'F64'))))

  it('of 16 bits are what their definition says', () => {
    const halves = floatsOf(
      bytesOf(Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400, 0x8000, 0x3555)),
      'F16',
    )
    expect([...halves]).toEqual([1, -2, 65504, 2 ** -24, 2 ** -14, -0, 0.333251953125])
    expect([...floatsOf(bytesOf(Uint16Array.of(0x3f80, 0xc040, 0x4049)), 'BF16')]).toEqual([
      1, -3, 3.140625,
    ])
  })

  it.each(['F16', 'BF16'])('of %s are read for all weights', (dtype) => {
    const { parameters } = readWeights(fileOf(tensorsOf('tensorflow', dtype)), question)
    for (const [name, { values }] of Object.entries(parameters))
      for (const [index, value] of values.entries()) {
        const exact = model.parameters[name]!.values[index]!
        expect(Math.abs(value - exact)).toBeLessThanOrEqual(
          Math.abs(exact) * (dtype === 'F16' ? 2 ** -11 : 2 ** -7) + 2 ** -25,
        )
      }
  })
})

it('half floats are rounded as the standard says, for every kind of number', () => {
  const round = (Math as unknown as { f16round(value: number): number }).f16round
  const values = [
    0,
    -0,
    1,
    0.1,
    -1 / 3,
    65504,
    65519,
    65520,
    -7e4,
    2 ** -24,
    2 ** -25,
    1.5 * 2 ** -24,
    2 ** -14,
    6e-5,
    1e-300,
    2049,
    2051,
  ]
  for (let i = 0; i < 2000; i++) values.push(Math.sin(i * 7.1) * 2 ** ((i % 44) - 26))
  for (const value of values)
    expect(floatsOf(bytesOf(Uint16Array.of(toHalf(value))), 'F16')[0], String(value)).toBe(
      round(value),
    )
})

describe('refused, with what would fit', () => {
  const without = (name: string) =>
    Object.fromEntries(Object.entries(tensorsOf('tensorflow')).filter(([key]) => key !== name))
  const infinite = () => {
    const tensors = tensorsOf('tensorflow')
    tensors['encoder.0.bias'] = {
      ...tensors['encoder.0.bias']!,
      bytes: bytesOf(Float32Array.of(1, NaN, 2, 3)),
    }
    return tensors
  }
  it.each<[string, RegExp, () => string, object?]>([
    ['a missing weight', /lacks "decoder\.out\.bias"/, () => fileOf(without('decoder.out.bias'))],
    [
      'one too many',
      /also has "extra"/,
      () =>
        fileOf({
          ...tensorsOf('tensorflow'),
          extra: { dtype: 'F32', shape: [1], bytes: new Uint8Array(4) },
        }),
    ],
    [
      'other settings',
      /Give the settings that the model was trained with|lacks/,
      () => fileOf(tensorsOf('tensorflow')),
      { config: { ...config, latentSize: 3 } },
    ],
    [
      'no settings',
      /Expected the settings/,
      () => fileOf(tensorsOf('tensorflow')),
      { config: undefined },
    ],
    [
      'settings that are none',
      /cannot be used/,
      () => fileOf(tensorsOf('tensorflow'), { config: '{"latentSize":-1}' }),
      { config: undefined },
    ],
    ['not a number', /not finite float32/, () => fileOf(infinite())],
    [
      'a header of 2^64-1 bytes',
      /18446744073709551615/,
      () => {
        const path = fileOf(tensorsOf('tensorflow'))
        writeFileSync(path, Buffer.concat([Buffer.alloc(8, 255), Buffer.from('{}')]))
        return path
      },
    ],
    [
      'a name that stands twice',
      /twice/,
      () =>
        fileOf(tensorsOf('tensorflow'), undefined, (text) =>
          text.replace('"encoder.0.bias"', '"encoder.0.weight"'),
        ),
    ],
    [
      'integers',
      /expected F32/,
      () => fileOf({ a: { dtype: 'I32', shape: [1], bytes: new Uint8Array(4) } }),
    ],
    ['metadata that is no text', /not text/, () => fileOf(tensorsOf('tensorflow'), { step: 3 })],
    ['a missing file', /no such file/, () => '/nowhere/w.safetensors'],
  ])('%s', (_what, message, make, given = {}) => {
    expect(() => readWeights(make(), { ...question, ...given })).toThrow(message)
  })
})
