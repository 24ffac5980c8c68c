// An exported model as a TensorFlow SavedModel: one graph without variables, signature
// serving_default, tag serve.
import protobuf from 'protobufjs'
import type { ExportTensor } from '../../preload/contract/exports.ts'
import { shapeOf, types, type NodeDef } from '../compile/proto.ts'
import { constantGraph, type Constant } from './modelGraph.ts'
import type { ExportedModel } from './exportedModel.ts'
import { signatureOf } from './signature.ts'

// The fields of tensorflow/core/protobuf/*.proto that such a model has; compile/proto.ts writes
// programs with functions.
const schema = `syntax = "proto3"; package latent;
message Dim { int64 size = 1; }
message Shape { repeated Dim dim = 2; }
message Tensor { int32 dtype = 1; Shape tensor_shape = 2; bytes tensor_content = 4; }
message ListValue { repeated int64 i = 3; }
message Attr { oneof value { ListValue list = 1; bytes s = 2; int64 i = 3; bool b = 5; int32 type = 6; Shape shape = 7; Tensor tensor = 8; } }
message Node { string name = 1; string op = 2; repeated string input = 3; map<string, Attr> attr = 5; }
message Versions { int32 producer = 1; }
message Graph { repeated Node node = 1; Versions versions = 4; }
message MetaInfo { repeated string tags = 4; }
message TensorInfo { string name = 1; int32 dtype = 2; Shape tensor_shape = 3; }
message Signature { map<string, TensorInfo> inputs = 1; map<string, TensorInfo> outputs = 2; string method_name = 3; }
message MetaGraph { MetaInfo meta_info_def = 1; Graph graph_def = 2; map<string, Signature> signature_def = 5; }
message SavedModel { int64 saved_model_schema_version = 1; repeated MetaGraph meta_graphs = 2; }`

const savedModel = protobuf.parse(schema, { keepCase: true }).root.lookupType('latent.SavedModel')

/**
 * The graph version of TensorFlow 2.16 and later; older ones read it as well, its operations are
 * all old.
 */
const producer = 1882

/** The bytes of saved_model.pb. */
export function savedModelBytes(model: ExportedModel): Uint8Array {
  const { nodes, constants } = constantGraph(model)
  const { inputs, outputs } = signatureOf(model)
  const signature = {
    inputs: tensorInfos(inputs),
    outputs: tensorInfos(outputs),
    method_name: 'tensorflow/serving/predict',
  }
  const graph = { node: [...constants.map(constantNode), ...nodes], versions: { producer } }
  const metaGraph = {
    meta_info_def: { tags: ['serve'] },
    graph_def: graph,
    signature_def: { serving_default: signature },
  }
  return savedModel
    .encode(savedModel.fromObject({ saved_model_schema_version: 1, meta_graphs: [metaGraph] }))
    .finish()
}

function constantNode({ name, dtype, shape, values }: Constant): NodeDef {
  const type = dtype === 'float32' ? types.float : types.int32
  const content = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  return {
    name,
    op: 'Const',
    input: [],
    attr: {
      dtype: { type },
      value: { tensor: { dtype: type, tensor_shape: shapeOf(shape), tensor_content: content } },
    },
  }
}

function tensorInfos(
  tensors: ExportTensor[],
): Record<string, { name: string; dtype: number; tensor_shape: ReturnType<typeof shapeOf> }> {
  return Object.fromEntries(
    tensors.map(({ name, shape }) => [
      name,
      { name: `${name}:0`, dtype: types.float, tensor_shape: shapeOf([-1, shape[1]]) },
    ]),
  )
}
