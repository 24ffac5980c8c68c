// An exported model as a tfjs graph model: model.json with the graph and the list of weights,
// weights.bin with their values. `tf.loadGraphModel('model.json')` of plain @tensorflow/tfjs opens
// it.
import type { ExportTensor } from '../../preload/contract/exports.ts'
import { types, type Attr, type NodeDef, type Shape } from '../compile/proto.ts'
import { constantGraph, type Constant } from './modelGraph.ts'
import type { ExportedModel } from './exportedModel.ts'
import { propertiesOf, signatureOf } from './signature.ts'

/** The two files, weights in the order of the list. */
export function tfjsFiles(model: ExportedModel): { json: Uint8Array; weights: Uint8Array } {
  const { nodes, constants } = constantGraph(model)
  const { inputs, outputs } = signatureOf(model)
  const json = {
    format: 'graph-model',
    generatedBy: `Latent Studio ${model.source.programVersion}`,
    convertedBy: null,
    signature: { inputs: tensorInfos(inputs), outputs: tensorInfos(outputs) },
    userDefinedMetadata: propertiesOf(model),
    modelTopology: {
      node: [...constants.map(constantNode), ...nodes.map(jsonNode)],
      versions: { producer: 1882 },
    },
    weightsManifest: [
      {
        paths: ['weights.bin'],
        weights: constants.map(({ name, shape, dtype }) => ({ name, shape, dtype })),
      },
    ],
  }
  return {
    json: new TextEncoder().encode(`${JSON.stringify(json)}\n`),
    weights: concatenated(constants),
  }
}

// JSON of protobuf messages: 64-bit numbers as text, bytes in base64, types by name.
const typeNames: Record<number, string> = { [types.float]: 'DT_FLOAT', [types.int32]: 'DT_INT32' }

function constantNode({ name, dtype }: Constant) {
  return {
    name,
    op: 'Const',
    attr: { dtype: { type: dtype === 'float32' ? 'DT_FLOAT' : 'DT_INT32' } },
  }
}

function jsonNode({ name, op, input, attr }: NodeDef) {
  const attributes = Object.fromEntries(
    Object.entries(attr).map(([key, value]) => [key, jsonAttr(value)]),
  )
  return { name, op, ...(input.length > 0 ? { input } : {}), attr: attributes }
}

function jsonAttr(attr: Attr): unknown {
  if ('type' in attr) return { type: typeNames[attr.type] }
  if ('s' in attr) return { s: Buffer.from(attr.s).toString('base64') }
  if ('i' in attr) return { i: String(attr.i) }
  if ('shape' in attr) return { shape: jsonShape(attr.shape) }
  if ('list' in attr) return { list: { i: (attr.list.i ?? []).map(String) } }
  return attr
}

function jsonShape({ dim }: Shape) {
  return { dim: dim.map(({ size }) => ({ size: String(size) })) }
}

function tensorInfos(tensors: ExportTensor[]) {
  return Object.fromEntries(
    tensors.map(({ name, shape }) => [
      name,
      {
        name: `${name}:0`,
        dtype: 'DT_FLOAT',
        tensorShape: jsonShape({ dim: [{ size: -1 }, { size: shape[1] }] }),
      },
    ]),
  )
}

function concatenated(constants: Constant[]): Uint8Array {
  const whole = new Uint8Array(
    constants.reduce((length, { values }) => length + values.byteLength, 0),
  )
  let at = 0
  for (const { values } of constants) {
    whole.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at)
    at += values.byteLength
  }
  return whole
}
