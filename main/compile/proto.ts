// The part of TensorFlow's SavedModel format that compiled programs and exports are written in
// (tensorflow/core/framework/*.proto). Field numbers are TensorFlow's; messages hold only the
// fields we write.
import protobuf from 'protobufjs'

const schema = `syntax = "proto3"; package latent;
message Dim { int64 size = 1; }
message Shape { repeated Dim dim = 2; bool unknown_rank = 3; }
message Tensor { int32 dtype = 1; Shape tensor_shape = 2; bytes tensor_content = 4; }
message NameAttrList { string name = 1; map<string, Attr> attr = 2; }
message ListValue { repeated bytes s = 2; repeated int64 i = 3; repeated float f = 4; repeated bool b = 5; repeated int32 type = 6; repeated Shape shape = 7; }
message Attr { oneof value { ListValue list = 1; bytes s = 2; int64 i = 3; float f = 4; bool b = 5; int32 type = 6; Shape shape = 7; Tensor tensor = 8; NameAttrList func = 10; } }
message Node { string name = 1; string op = 2; repeated string input = 3; string device = 4; map<string, Attr> attr = 5; }
message Arg { string name = 1; int32 type = 3; }
message OpDef { string name = 1; repeated Arg input_arg = 2; repeated Arg output_arg = 3; bool is_stateful = 17; }
message Function { OpDef signature = 1; map<string, Attr> attr = 5; repeated Node node_def = 3; map<string, string> ret = 4; map<string, string> control_ret = 6; }
message Library { repeated Function function = 1; }
message Versions { int32 producer = 1; }
message Graph { repeated Node node = 1; Library library = 2; Versions versions = 4; }
message MetaInfo { repeated string tags = 4; }
message TensorInfo { string name = 1; int32 dtype = 2; Shape tensor_shape = 3; }
message Signature { map<string, TensorInfo> inputs = 1; map<string, TensorInfo> outputs = 2; string method_name = 3; }
message MetaGraph { MetaInfo meta_info_def = 1; Graph graph_def = 2; map<string, Signature> signature_def = 5; }
message SavedModel { int64 saved_model_schema_version = 1; repeated MetaGraph meta_graphs = 2; }`

const savedModel = protobuf.parse(schema, { keepCase: true }).root.lookupType('latent.SavedModel')

/** TensorFlow's numbers of data types. */
export const types = {
  float: 1,
  int32: 3,
  uint8: 4,
  string: 7,
  int64: 9,
  bool: 10,
  resource: 20,
  uint32: 22,
  uint64: 23,
} as const

export type Attr =
  | { s: Uint8Array }
  | { i: number }
  | { f: number }
  | { b: boolean }
  | { type: number }
  | { shape: Shape }
  | { tensor: { dtype: number; tensor_shape: Shape; tensor_content: Uint8Array } }
  | { list: { type?: number[]; i?: number[]; shape?: Shape[] } }
  | { func: { name: string; attr: Record<string, never> } }

export interface Shape {
  dim: { size: number }[]
}

export interface NodeDef {
  name: string
  op: string
  input: string[]
  attr: Record<string, Attr>
}

export interface FunctionDef {
  signature: {
    name: string
    is_stateful: boolean
    input_arg: { name: string; type: number }[]
    output_arg: { name: string; type: number }[]
  }
  attr: Record<string, Attr>
  node_def: NodeDef[]
  ret: Record<string, string>
}

export const shapeOf = (sizes: readonly number[]): Shape => ({
  dim: sizes.map((size) => ({ size })),
})

export interface Signature {
  inputs: Record<string, TensorInfo>
  outputs: Record<string, TensorInfo>
  method_name: string
}

export interface TensorInfo {
  name: string
  dtype: number
  tensor_shape: Shape
}

/**
 * The bytes of saved_model.pb for a graph with its functions, and with what it is called by.
 * Producer 1882 is TensorFlow 2.16 to 2.21's; older ones read it as well, the operations are all
 * old.
 */
export function encodeSavedModel(
  nodes: NodeDef[],
  functions: FunctionDef[],
  signatures: Record<string, Signature> = {},
): Uint8Array {
  const graph = { node: nodes, library: { function: functions }, versions: { producer: 1882 } }
  const metaGraph = {
    meta_info_def: { tags: ['serve'] },
    graph_def: graph,
    signature_def: signatures,
  }
  const message = { saved_model_schema_version: 1, meta_graphs: [metaGraph] }
  return savedModel.encode(savedModel.fromObject(message)).finish()
}
