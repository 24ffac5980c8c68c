// TensorFlow's C API and tfjs's Node backend over it, as far as we call them.
import type * as tf from '../engine/tf.ts'

/**
 * A tensor of the binding: `dtype` is TensorFlow's number (1 float, 3 int32, 10 bool, 22 uint32, 23
 * uint64).
 */
export interface NativeTensor {
  id: number
  shape: number[]
  dtype: number
}

export interface OpAttribute {
  name: string
  type: number // one of binding.TF_ATTR_*
  value: boolean | number | string | number[] | object
}

/**
 * TensorFlow's C API as the binding gives it. Its properties are read-only: a recorder wraps it in
 * a fresh object.
 */
export interface NativeBinding {
  createTensor(
    shape: number[],
    dtype: number,
    values: ArrayLike<number> | NodeJS.TypedArray,
  ): number
  deleteTensor(id: number): void
  tensorDataSync(id: number): Float32Array | Int32Array | Uint8Array
  executeOp(
    name: string,
    attributes: OpAttribute[],
    inputs: number[],
    outputs: number,
  ): NativeTensor[]
  loadSavedModel(folder: string, tags: string): number
  deleteSavedModel(id: number): void
  runSavedModel(
    id: number,
    inputs: number[],
    inputNames: string,
    outputNames: string,
  ): NativeTensor[]
  getNumOfTensors(): number
  isUsingGpuDevice(): boolean
  readonly TF_Version: string
  readonly TF_FLOAT: number
  readonly TF_INT32: number
  readonly TF_INT64: number
  readonly TF_BOOL: number
  readonly TF_UINT8: number
  readonly TF_STRING: number
  readonly TF_ATTR_STRING: number
  readonly TF_ATTR_INT: number
  readonly TF_ATTR_FLOAT: number
  readonly TF_ATTR_BOOL: number
  readonly TF_ATTR_TYPE: number
  readonly TF_ATTR_SHAPE: number
}

/**
 * tfjs's Node backend. `binding` may be replaced for a while (by a recorder) and must be put back.
 */
export interface NativeBackend {
  binding: NativeBinding
  executeSingleOutput(name: string, attributes: OpAttribute[], inputs: tf.TensorInfo[]): tf.Tensor
  executeMultipleOutputs(
    name: string,
    attributes: OpAttribute[],
    inputs: tf.TensorInfo[],
    outputs: number,
  ): tf.Tensor[]
  getInputTensorIds(tensors: tf.TensorInfo[]): number[]
  createOutputTensor(tensor: NativeTensor): tf.Tensor
  getDTypeInteger(dtype: tf.DataType): number
}
