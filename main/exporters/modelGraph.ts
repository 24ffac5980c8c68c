// An exported model as TensorFlow nodes: the graph of both the SavedModel and the tfjs graph model.
// Weights are constants, named as in the checkpoint; inputs are placeholders and outputs identities
// under the names of the signature.
import type { Layer } from '../../preload/contract/parameters.ts'
import { shapeOf, types, type Attr, type NodeDef } from '../compile/proto.ts'
import { parameterOf, type ExportedModel } from './exportedModel.ts'
import { outputName, signatureOf } from './signature.ts'

export interface Constant {
  name: string
  dtype: 'float32' | 'int32'
  shape: number[]
  values: Float32Array | Int32Array
}

export interface ConstantGraph {
  /** Without the constants. */
  nodes: NodeDef[]
  constants: Constant[]
}

const T = { T: { type: types.float } }

class TensorflowGraph implements ConstantGraph {
  readonly nodes: NodeDef[] = []
  readonly constants: Constant[] = []
  private readonly model: ExportedModel

  constructor(model: ExportedModel) {
    this.model = model
  }

  add(
    op: string,
    input: string[],
    attr: Record<string, Attr>,
    name = `n${this.nodes.length}`,
  ): string {
    this.nodes.push({ name, op, input, attr })
    return name
  }

  integers(values: number[], shape: number[] = [values.length]): string {
    const name = `i${shape.length}_${values.join('_').replaceAll('-', 'm')}`
    if (!this.constants.some((known) => known.name === name))
      this.constants.push({ name, dtype: 'int32', shape, values: Int32Array.from(values) })
    return name
  }

  reshape(value: string, sizes: number[]): string {
    return this.add('Reshape', [value, this.integers(sizes)], {
      ...T,
      Tshape: { type: types.int32 },
    })
  }

  layer(value: string, layer: Layer): string {
    const linear = this.add(
      'BiasAdd',
      [this.product(value, layer), this.parameter(`${layer.name}.bias`)],
      {
        ...T,
        data_format: text('NHWC'),
      },
    )
    if (!layer.activated) return linear
    return this.add(
      { softplus: 'Softplus', relu: 'Relu', tanh: 'Tanh' }[this.model.config.activation],
      [linear],
      T,
    )
  }

  // Between layers images are N x values; a convolution takes them apart and puts them together
  // again.
  private product(value: string, layer: Layer): string {
    const weight = this.parameter(`${layer.name}.weight`)
    if (layer.kind === 'dense') {
      const flat = this.reshape(value, [-1, layer.from[0]!])
      return this.add('MatMul', [flat, weight], {
        ...T,
        transpose_a: { b: false },
        transpose_b: { b: false },
      })
    }
    const images = this.reshape(value, [-1, ...layer.from]) // N x h x w x c
    const attr = {
      ...T,
      strides: { list: { i: [1, layer.stride, layer.stride, 1] } },
      padding: text('SAME'),
      data_format: text('NHWC'),
      dilations: { list: { i: [1, 1, 1, 1] } },
    }
    if (layer.kind === 'conv') return this.add('Conv2D', [images, weight], attr)
    return this.add('Conv2DBackpropInput', [this.sizes(images, layer.to), weight, images], attr)
  }

  // [N, height, width, channels] with the N of `images`.
  private sizes(images: string, [height, width, channels]: number[]): string {
    const integer = { type: types.int32 }
    const shape = this.add('Shape', [images], { ...T, out_type: integer })
    const count = this.add(
      'StridedSlice',
      [shape, this.integers([0]), this.integers([1]), this.integers([1])],
      {
        T: integer,
        Index: integer,
        begin_mask: { i: 0 },
        end_mask: { i: 0 },
        ellipsis_mask: { i: 0 },
        new_axis_mask: { i: 0 },
        shrink_axis_mask: { i: 1 },
      },
    )
    const rest = [height, width, channels].map((size) => this.integers([size!], []))
    return this.add('Pack', [count, ...rest], { T: integer, N: { i: 4 }, axis: { i: 0 } })
  }

  private parameter(name: string): string {
    const { shape, values } = parameterOf(this.model, name)
    this.constants.push({ name, dtype: 'float32', shape, values })
    return name
  }
}

/** Nodes in the order in which they are computed. */
export function constantGraph(model: ExportedModel): ConstantGraph {
  const graph = new TensorflowGraph(model)
  const Z = model.config.latentSize
  for (const { name, shape } of signatureOf(model).inputs)
    graph.add(
      'Placeholder',
      [],
      { dtype: { type: types.float }, shape: { shape: shapeOf([-1, shape[1]]) } },
      name,
    )
  let z = 'z'
  if (model.part !== 'decoder') {
    const head = model.encoder.reduce((value, layer) => graph.layer(value, layer), 'x') // N x 2Z
    const slice = (name: string, from: number) =>
      graph.add(
        'Slice',
        [head, graph.integers([0, from]), graph.integers([-1, Z])],
        { ...T, Index: { type: types.int32 } },
        name,
      )
    z = slice('mu', 0)
    slice('logvar', Z)
  }
  if (model.part === 'encoder') return graph
  const out = model.decoder.reduce((value, layer) => graph.layer(value, layer), z)
  const logits = graph.reshape(out, [-1, model.pixels])
  graph.add(
    'Sigmoid',
    [logits],
    T,
    model.part === 'decoder' ? outputName(model.config) : 'reconstruction',
  )
  return graph
}

function text(value: string): Attr {
  return { s: Buffer.from(value) }
}
