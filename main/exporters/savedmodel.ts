// An exported model as a TensorFlow SavedModel: one graph without variables, signature
// serving_default, tag serve.
import type { ExportTensor } from '../../preload/contract/exports.ts'
import {
  encodeSavedModel,
  shapeOf,
  types,
  type NodeDef,
  type TensorInfo,
} from '../compile/proto.ts'
import { constantGraph, type Constant } from './modelGraph.ts'
import type { ExportedModel } from './exportedModel.ts'
import { signatureOf } from './signature.ts'

/** The bytes of saved_model.pb. */
export function savedModelBytes(model: ExportedModel): Uint8Array {
  const { nodes, constants } = constantGraph(model)
  const { inputs, outputs } = signatureOf(model)
  const signature = {
    inputs: tensorInfos(inputs),
    outputs: tensorInfos(outputs),
    method_name: 'tensorflow/serving/predict',
  }
  return encodeSavedModel([...constants.map(constantNode), ...nodes], [], {
    serving_default: signature,
  })
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

function tensorInfos(tensors: ExportTensor[]): Record<string, TensorInfo> {
  return Object.fromEntries(
    tensors.map(({ name, shape }) => [
      name,
      { name: `${name}:0`, dtype: types.float, tensor_shape: shapeOf([-1, shape[1]]) },
    ]),
  )
}
