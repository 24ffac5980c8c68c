// The part of ONNX's format that exports are written in (onnx/onnx.proto3). Field numbers are
// ONNX's; messages hold only the fields we write.
import protobuf from 'protobufjs'

const schema = `syntax = "proto3"; package latent;
message Attribute { string name = 1; float f = 2; int64 i = 3; bytes s = 4; repeated int64 ints = 8; int32 type = 20; }
message Node { repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4; repeated Attribute attribute = 5; }
message Tensor { repeated int64 dims = 1; int32 data_type = 2; string name = 8; bytes raw_data = 9; }
message Dimension { oneof value { int64 dim_value = 1; string dim_param = 2; } }
message Shape { repeated Dimension dim = 1; }
message TensorType { int32 elem_type = 1; Shape shape = 2; }
message Type { oneof value { TensorType tensor_type = 1; } }
message ValueInfo { string name = 1; Type type = 2; string doc_string = 3; }
message Graph { repeated Node node = 1; string name = 2; repeated Tensor initializer = 5; string doc_string = 10; repeated ValueInfo input = 11; repeated ValueInfo output = 12; }
message Opset { string domain = 1; int64 version = 2; }
message Property { string key = 1; string value = 2; }
message Model { int64 ir_version = 1; string producer_name = 2; string producer_version = 3; string doc_string = 6; Graph graph = 7; repeated Opset opset_import = 8; repeated Property metadata_props = 14; }`

const model = protobuf.parse(schema, { keepCase: true }).root.lookupType('latent.Model')

/** ONNX's numbers of data types and of attribute types. */
export const dataTypes = { float: 1, int64: 7 } as const
const attributeTypes = { i: 2, ints: 7 } as const

export interface OnnxNode {
  input: string[]
  output: string[]
  name: string
  op_type: string
  attribute: { name: string; type: number; i?: number; ints?: number[] }[]
}

export interface OnnxTensor {
  name: string
  dims: number[]
  data_type: number
  raw_data: Uint8Array
}

export interface OnnxValue {
  name: string
  doc_string: string
  type: {
    tensor_type: {
      elem_type: number
      shape: { dim: ({ dim_value: number } | { dim_param: string })[] }
    }
  }
}

export interface OnnxModel {
  ir_version: number
  producer_name: string
  producer_version: string
  doc_string: string
  graph: {
    name: string
    doc_string: string
    node: OnnxNode[]
    initializer: OnnxTensor[]
    input: OnnxValue[]
    output: OnnxValue[]
  }
  opset_import: { domain: string; version: number }[]
  metadata_props: { key: string; value: string }[]
}

/** A whole number, or a list of them, as an attribute. */
export function attribute(
  name: string,
  value: number | readonly number[],
): OnnxNode['attribute'][number] {
  return typeof value === 'number'
    ? { name, type: attributeTypes.i, i: value }
    : { name, type: attributeTypes.ints, ints: [...value] }
}

export function encodeOnnx(message: OnnxModel): Uint8Array {
  return model.encode(model.fromObject(message)).finish()
}
