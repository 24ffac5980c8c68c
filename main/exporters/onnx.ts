// An exported model as ONNX: opset 17 and IR version 8, which onnxruntime reads since 1.12 and its
// web build too. Images flow as N x C x H x W between convolutions there; dense layers see them in
// our order, N x H x W x C.
import type { ExportTensor } from '../../preload/contract/exports.ts'
import type { Layer } from '../../preload/contract/parameters.ts'
import { kernelOrder, permuted, samePadding } from './axes.ts'
import { parameterOf, type ExportedModel } from './exportedModel.ts'
import {
  attribute,
  dataTypes,
  encodeOnnx,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
} from './onnx-schema.ts'
import { outputName, propertiesOf, signatureOf } from './signature.ts'

export const onnxOpset = 17
const irVersion = 8

/** The bytes of an .onnx file. Inputs and outputs as in signatureOf, the first size is dynamic. */
export function onnxBytes(model: ExportedModel): Uint8Array {
  const { inputs, outputs } = signatureOf(model)
  const { nodes, initializers } = graphOf(model)
  const properties = Object.entries(propertiesOf(model)).map(([key, value]) => ({ key, value }))
  return encodeOnnx({
    ir_version: irVersion,
    producer_name: 'Latent Studio',
    producer_version: model.source.programVersion,
    doc_string: `Variational autoencoder (${model.part}); metadata_props describe its inputs.`,
    graph: {
      name: model.part,
      doc_string: '',
      node: nodes,
      initializer: initializers,
      input: inputs.map(valueInfo),
      output: outputs.map(valueInfo),
    },
    opset_import: [{ domain: '', version: onnxOpset }],
    metadata_props: properties,
  })
}

/** A value on its way through the layers. */
interface Flow {
  name: string
  /** Sizes of one image: [values], or [height, width, channels] whatever the order in memory. */
  shape: number[]
  order: 'flat' | 'NCHW'
}

class OnnxGraph {
  readonly nodes: OnnxNode[] = []
  readonly initializers: OnnxTensor[] = []
  private readonly model: ExportedModel

  constructor(model: ExportedModel) {
    this.model = model
  }

  /** Adds a node with one output, named so or after its number. */
  add(
    op: string,
    input: string[],
    attributes: Record<string, number | readonly number[]> = {},
    output = `v${this.nodes.length}`,
  ): string {
    const attributeList = Object.entries(attributes).map(([name, value]) => attribute(name, value))
    this.nodes.push({
      name: `n${this.nodes.length}`,
      op_type: op,
      input,
      output: [output],
      attribute: attributeList,
    })
    return output
  }

  floats(name: string, shape: number[], values: Float32Array): string {
    const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    this.initializers.push({ name, dims: shape, data_type: dataTypes.float, raw_data: raw })
    return name
  }

  int64(values: number[]): string {
    const name = `i${values.join('_').replaceAll('-', 'm')}`
    if (!this.initializers.some((known) => known.name === name)) {
      const raw = new Uint8Array(BigInt64Array.from(values, BigInt).buffer)
      this.initializers.push({
        name,
        dims: [values.length],
        data_type: dataTypes.int64,
        raw_data: raw,
      })
    }
    return name
  }

  /** N x values, in our order. */
  flat(flow: Flow): Flow {
    const size = flow.shape.reduce((product, side) => product * side, 1)
    if (flow.order === 'flat') return { ...flow, shape: [size] }
    const ours = this.swap(flow, [0, 2, 3, 1])
    return {
      name: this.add('Reshape', [ours, this.int64([-1, size])]),
      shape: [size],
      order: 'flat',
    }
  }

  /** N x channels x height x width. shape: [height, width, channels]. */
  planes(flow: Flow, shape: number[]): Flow {
    if (flow.order === 'NCHW') return flow
    const [height, width, channels] = shape as [number, number, number]
    // one channel lies in memory the same way in both orders
    if (channels === 1)
      return {
        name: this.add('Reshape', [flow.name, this.int64([-1, 1, height, width])]),
        shape,
        order: 'NCHW',
      }
    const ours = this.add('Reshape', [flow.name, this.int64([-1, height, width, channels])])
    return { name: this.add('Transpose', [ours], { perm: [0, 3, 1, 2] }), shape, order: 'NCHW' }
  }

  layer(flow: Flow, layer: Layer): Flow {
    const linear =
      layer.kind === 'dense'
        ? this.dense(this.flat(flow), layer)
        : this.convolution(this.planes(flow, layer.from), layer)
    if (!layer.activated) return linear
    const op = { softplus: 'Softplus', relu: 'Relu', tanh: 'Tanh' }[this.model.config.activation]
    return { ...linear, name: this.add(op, [linear.name]) }
  }

  private dense(flow: Flow, layer: Layer): Flow {
    const [weight, bias] = [
      parameterOf(this.model, `${layer.name}.weight`),
      parameterOf(this.model, `${layer.name}.bias`),
    ]
    const inputs = [
      flow.name,
      this.floats(`${layer.name}.weight`, weight.shape, weight.values),
      this.floats(`${layer.name}.bias`, bias.shape, bias.values),
    ]
    return { name: this.add('Gemm', inputs), shape: layer.to, order: 'flat' } // [N, in] x [in, out] + [out]
  }

  private convolution(flow: Flow, layer: Layer): Flow {
    const transposed = layer.kind === 'transposed'
    const weight = parameterOf(this.model, `${layer.name}.weight`)
    const bias = parameterOf(this.model, `${layer.name}.bias`)
    const kernel = permuted(weight.values, weight.shape, kernelOrder)
    const [fine, coarse] = transposed ? [layer.to, layer.from] : [layer.from, layer.to]
    const [rows, columns] = [0, 1].map((axis) =>
      samePadding(fine[axis]!, coarse[axis]!, layer.weight[axis]!, layer.stride),
    )
    const name = this.add(
      transposed ? 'ConvTranspose' : 'Conv',
      [
        flow.name,
        this.floats(`${layer.name}.weight`, kernel.shape, kernel.values),
        this.floats(`${layer.name}.bias`, bias.shape, bias.values),
      ],
      {
        kernel_shape: layer.weight.slice(0, 2),
        strides: [layer.stride, layer.stride],
        pads: [rows![0], columns![0], rows![1], columns![1]],
      },
    )
    return { name, shape: layer.to, order: 'NCHW' }
  }

  private swap(flow: Flow, permutation: number[]): string {
    return flow.shape[2] === 1
      ? flow.name
      : this.add('Transpose', [flow.name], { perm: permutation })
  }
}

function graphOf(model: ExportedModel): OnnxGraph {
  const graph = new OnnxGraph(model)
  const through = (flow: Flow, layers: Layer[]) =>
    graph.flat(layers.reduce((value, layer) => graph.layer(value, layer), flow))
  const Z = model.config.latentSize
  let z: Flow = { name: 'z', shape: [Z], order: 'flat' }
  if (model.part !== 'decoder') {
    const head = through({ name: 'x', shape: [model.pixels], order: 'flat' }, model.encoder) // N x 2Z
    graph.nodes.push({
      name: 'split',
      op_type: 'Split',
      input: [head.name, graph.int64([Z, Z])],
      output: ['mu', 'logvar'],
      attribute: [attribute('axis', 1)],
    })
    z = { ...z, name: 'mu' }
  }
  if (model.part === 'encoder') return graph
  const logits = through(z, model.decoder) // N x pixels
  graph.add(
    'Sigmoid',
    [logits.name],
    {},
    model.part === 'decoder' ? outputName(model.config) : 'reconstruction',
  )
  return graph
}

function valueInfo({ name, shape, about }: ExportTensor): OnnxValue {
  const dim = shape.map((size) =>
    typeof size === 'string' ? { dim_param: size } : { dim_value: size },
  )
  return {
    name,
    doc_string: about,
    type: { tensor_type: { elem_type: dataTypes.float, shape: { dim } } },
  }
}
