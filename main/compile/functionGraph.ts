// Writes recorded operations as TensorFlow functions. Inside a function an input is named
// "node:output_arg:index", so the names of the output arguments of all operations in use are
// needed; an operation that is not in the table is reported by name, and the run falls back to the
// eager loop.
import type { NativeBinding, OpAttribute } from '../backends/nativeBackend.ts'
import { shapeOf, types, type Attr, type FunctionDef, type NodeDef } from './proto.ts'
import type { Recording } from './recorder.ts'

/** Output arguments by operation, from TensorFlow's op registry. */
const outputArguments: Record<string, string> = {
  ...named(
    'z',
    'Add',
    'AddV2',
    'Sub',
    'Mul',
    'Div',
    'RealDiv',
    'DivNoNan',
    'FloorDiv',
    'FloorMod',
    'Mod',
    'Pow',
    'Maximum',
    'Minimum',
    'Greater',
    'GreaterEqual',
    'Less',
    'LessEqual',
    'Equal',
    'NotEqual',
    'LogicalAnd',
    'LogicalOr',
    'SquaredDifference',
    'BitwiseAnd',
    'BitwiseOr',
    'BitwiseXor',
    'RightShift',
    'LeftShift',
    'SigmoidGrad',
    'TanhGrad',
    'SqrtGrad',
    'RsqrtGrad',
  ),
  ...named(
    'y',
    'Exp',
    'Expm1',
    'Log',
    'Log1p',
    'Neg',
    'Square',
    'Sqrt',
    'Rsqrt',
    'Abs',
    'Sign',
    'Sigmoid',
    'Tanh',
    'Cos',
    'Sin',
    'Reciprocal',
    'Cast',
    'Floor',
    'Ceil',
    'Round',
    'ZerosLike',
    'OnesLike',
    'Transpose',
    'LogicalNot',
    'IsNan',
    'IsFinite',
    'IsInf',
  ),
  ...named(
    'output',
    'Sum',
    'Mean',
    'Max',
    'Min',
    'Prod',
    'Any',
    'All',
    'Fill',
    'Reshape',
    'Slice',
    'StridedSlice',
    'Pad',
    'PadV2',
    'ConcatV2',
    'Pack',
    'Tile',
    'ExpandDims',
    'Squeeze',
    'GatherV2',
    'Identity',
    'Const',
    'Range',
    'Select',
    'SelectV2',
    'BatchMatMul',
    'BatchMatMulV2',
    'Conv2D',
    'Conv2DBackpropInput',
    'Conv2DBackpropFilter',
    'BiasAdd',
    'BiasAddGrad',
    'OneHot',
    'Bitcast',
    'BroadcastTo',
    'StatelessRandomUniformFullIntV2',
    'Unpack',
    'While',
  ),
  ...named('activations', 'Relu', 'Softplus', 'Elu', 'Selu', 'LeakyRelu', 'Softmax'),
  ...named('backprops', 'ReluGrad', 'SoftplusGrad', 'EluGrad'),
  ...named('sum', 'AddN'),
  ...named('product', 'MatMul'),
  ...named('value', 'ReadVariableOp'),
}

/** An operation that compiled programs do not know; its name is in the message. */
export class UnknownOperation extends Error {
  readonly operation: string
  constructor(operation: string) {
    super(`the operation ${operation} cannot be compiled yet`)
    this.operation = operation
  }
}

/**
 * The nodes of one function, in the making. References are "node:output_arg:index", or a bare
 * argument name.
 */
export class FunctionBody {
  readonly nodes: NodeDef[] = []
  private readonly constants = new Map<string, string>()
  private readonly binding: NativeBinding

  constructor(binding: NativeBinding) {
    this.binding = binding
  }

  /**
   * Adds a node; returns the reference to its first output. Control inputs are given as "^node".
   */
  add(
    op: string,
    input: string[],
    attr: Record<string, Attr>,
    name = `n${this.nodes.length}`,
  ): string {
    this.nodes.push({ name, op, input, attr })
    const output = outputArguments[op]
    return output ? `${name}:${output}:0` : name
  }

  int32(values: number[], shape: number[] = []): string {
    return this.constant(types.int32, shape, new Uint8Array(Int32Array.from(values).buffer))
  }

  float(values: number[], shape: number[] = []): string {
    return this.constant(types.float, shape, new Uint8Array(Float32Array.from(values).buffer))
  }

  /** Equal constants share one node. */
  constant(dtype: number, shape: number[], bytes: Uint8Array): string {
    const key = `${dtype}|${shape.join(',')}|${Buffer.from(bytes).toString('latin1')}`
    const known = this.constants.get(key)
    if (known) return known
    const reference = this.add(
      'Const',
      [],
      constantAttributes(dtype, shape, bytes),
      `c${this.nodes.length}`,
    )
    this.constants.set(key, reference)
    return reference
  }

  /**
   * Adds all recorded operations; `known` maps the recording's input ids to references. Returns
   * those of its outputs.
   */
  replay(recording: Recording, known: Map<number, string>): string[] {
    const references = new Map(known)
    const resolve = (id: number, wantedBy: string): string => {
      const found = references.get(id)
      if (found) return found
      const constant = recording.constants.get(id)
      if (!constant) throw new Error(`${wantedBy} uses a tensor that was made before the recording`)
      return this.constant(constant.dtype, constant.shape, constant.bytes)
    }
    for (const { name, attributes, inputs, outputs } of recording.ops) {
      const output = outputArguments[name]
      if (!output) throw new UnknownOperation(name)
      const attr = Object.fromEntries(
        attributes.map((attribute) => [attribute.name, attributeOf(this.binding, attribute)]),
      )
      // Executed alone, this one's types are inferred; in a graph they must be written.
      if (name === 'ExpandDims')
        Object.assign(attr, {
          T: { type: typeOf(recording, inputs[0]!) },
          Tdim: { type: types.int32 },
        })
      const node = `n${this.nodes.length}`
      this.nodes.push({ name: node, op: name, input: inputs.map((id) => resolve(id, name)), attr })
      outputs.forEach(({ id }, index) => references.set(id, `${node}:${output}:${index}`))
    }
    return recording.outputs.map((id) => resolve(id, 'the result'))
  }
}

/** A finished function. results: name -> [reference, type]. */
export function functionDef(
  name: string,
  inputs: [name: string, type: number][],
  results: [name: string, type: number, reference: string][],
  body: FunctionBody,
  attr: Record<string, Attr> = {},
): FunctionDef {
  return {
    signature: {
      name,
      is_stateful: true,
      input_arg: inputs.map(([arg, type]) => ({ name: arg, type })),
      output_arg: results.map(([arg, type]) => ({ name: arg, type })),
    },
    attr,
    node_def: body.nodes,
    ret: Object.fromEntries(results.map(([arg, , reference]) => [arg, reference])),
  }
}

export function constantAttributes(
  dtype: number,
  shape: number[],
  bytes: Uint8Array,
): Record<string, Attr> {
  return {
    dtype: { type: dtype },
    value: { tensor: { dtype, tensor_shape: shapeOf(shape), tensor_content: bytes } },
  }
}

function attributeOf(binding: NativeBinding, { name, type, value }: OpAttribute): Attr {
  switch (type) {
    case binding.TF_ATTR_TYPE:
      return { type: value as number }
    case binding.TF_ATTR_BOOL:
      return { b: Boolean(value) }
    case binding.TF_ATTR_INT:
      return Array.isArray(value) ? { list: { i: value } } : { i: value as number }
    case binding.TF_ATTR_FLOAT:
      return { f: value as number }
    case binding.TF_ATTR_STRING:
      return { s: Buffer.from(value as string) }
    case binding.TF_ATTR_SHAPE:
      return { shape: shapeOf(value as number[]) }
    default:
      throw new Error(`attribute ${name} is of a kind that compiled programs do not know (${type})`)
  }
}

// Inputs of a recording that no operation made are float, as parameters are.
function typeOf(recording: Recording, id: number): number {
  const made = recording.ops.flatMap(({ outputs }) => outputs).find((output) => output.id === id)
  return made?.dtype ?? recording.constants.get(id)?.dtype ?? types.float
}

function named(output: string, ...operations: string[]): Record<string, string> {
  return Object.fromEntries(operations.map((operation) => [operation, output]))
}
