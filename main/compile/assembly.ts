// Puts a recorded step into a graph that trains: state, data and order as resource variables, the
// step as a function, one step a call or a While loop over many. See program.ts for how the graph
// is run.
import type { NativeBinding } from '../backends/nativeBackend.ts'
import { constantAttributes, FunctionBody, functionDef } from './functionGraph.ts'
import {
  encodeSavedModel,
  shapeOf,
  types,
  type Attr,
  type FunctionDef,
  type NodeDef,
} from './proto.ts'
import type { RecordedStep } from './compiledStep.ts'

export interface GraphPlan {
  batchSize: number
  /** Values of one image. */
  values: number
  /** Images in the data variable, and indices in the order variable. */
  rows: number
  orderLength: number
  /** Steps in one call at most (loop). */
  maximumSteps: number
  loop: boolean
  xla: boolean
}

const { float, int32, uint8, bool, resource } = types
const one = new Uint8Array(Int32Array.of(1).buffer)

/**
 * Graph inputs of a call: loop takes position, first, count, scalars [maximumSteps, 5]; step takes
 * position, first, scalars [5].
 */
export function assemble(
  recorded: RecordedStep,
  plan: GraphPlan,
  binding: NativeBinding,
): Uint8Array {
  const nodes: NodeDef[] = []
  variable(nodes, 'data', uint8, [plan.rows, plan.values])
  variable(nodes, 'order', int32, [plan.orderLength])
  recorded.state.forEach(({ shape }, index) => variable(nodes, `v${index}`, float, shape))
  nodes.push({ name: 'one', op: 'Const', input: [], attr: constantAttributes(int32, [], one) })
  group(nodes, 'set_data', ['data'])
  group(nodes, 'set_order', ['order'])
  group(
    nodes,
    'set_state',
    recorded.state.map((_, index) => `v${index}`),
  )
  placeholder(nodes, 'position', int32, [])
  placeholder(nodes, 'first', int32, [])
  if (plan.loop) placeholder(nodes, 'count', int32, [])
  placeholder(nodes, 'scalars', float, plan.loop ? [plan.maximumSteps, 5] : [5])
  const functions = plan.loop
    ? [
        loopBody(recorded, plan, binding),
        loopCondition(recorded, binding),
        chunk(recorded, plan, binding),
      ]
    : [single(recorded, plan, binding)]
  nodes.push(call(recorded, plan))
  return encodeSavedModel(nodes, functions)
}

const compileAttribute = (xla: boolean): Record<string, Attr> =>
  xla ? { _XlaMustCompile: { b: true } } : {}
const variables = (recorded: RecordedStep) => recorded.state.map((_, index) => `v${index}`)

function call(recorded: RecordedStep, plan: GraphPlan): NodeDef {
  const scalars: [string, number][] = plan.loop
    ? [
        ['position', int32],
        ['first', int32],
        ['count', int32],
        ['scalars', float],
      ]
    : [
        ['position', int32],
        ['first', int32],
        ['scalars', float],
      ]
  const handles = ['data', 'order', ...variables(recorded)]
  return {
    name: 'train',
    op: 'StatefulPartitionedCall',
    input: [...scalars.map(([name]) => name), ...handles],
    attr: {
      Tin: { list: { type: [...scalars.map(([, type]) => type), ...handles.map(() => resource)] } },
      Tout: { list: { type: [float] } },
      f: { func: { name: plan.loop ? 'Chunk' : 'Step', attr: {} } },
      ...compileAttribute(plan.xla),
    },
  }
}

// The step inside a function: `batch rows` are taken at position (a step within the epoch's order).
function stepNodes(
  body: FunctionBody,
  recorded: RecordedStep,
  plan: GraphPlan,
  at: {
    position: string
    step: string
    scalars: string
    data: string
    order: string
    state: string[]
  },
): { metrics: string; state: string[] } {
  const T = { T: { type: int32 } }
  // Gathers, not slices: XLA takes a slice's beginning for a constant and would compile anew for
  // each position.
  const offset = body.add('Mul', [at.position, body.int32([plan.batchSize])], T)
  const within = body.int32(
    Array.from({ length: plan.batchSize }, (_, index) => index),
    [plan.batchSize],
  )
  const indices = gather(body, at.order, body.add('AddV2', [within, offset], T), int32) // [B]
  const rows = gather(body, at.data, indices, uint8)
  const batch = body.add('Cast', [rows], {
    SrcT: { type: uint8 },
    DstT: { type: int32 },
    Truncate: { b: false },
  }) // [B, D]
  const zero = body.int32([0])
  const counter = body.add('Pack', [zero, at.step, zero, zero], {
    N: { i: 4 },
    T: { type: int32 },
    axis: { i: 0 },
  })
  const { recording } = recorded
  const known = new Map(
    [batch, at.scalars, counter, ...at.state].map((reference, index) => [
      recording.inputs[index]!,
      reference,
    ]),
  )
  const [metrics, ...state] = body.replay(recording, known)
  return { metrics: metrics!, state }
}

// Rows of `from` (its first axis) at the indices.
function gather(body: FunctionBody, from: string, indices: string, type: number): string {
  return body.add('GatherV2', [from, indices, body.int32([0])], {
    Tparams: { type },
    Tindices: { type: int32 },
    Taxis: { type: int32 },
    batch_dims: { i: 0 },
  })
}

function single(recorded: RecordedStep, plan: GraphPlan, binding: NativeBinding): FunctionDef {
  const body = new FunctionBody(binding)
  const state = variables(recorded).map((name) =>
    body.add('ReadVariableOp', [name], { dtype: { type: float } }),
  )
  const data = body.add('ReadVariableOp', ['data'], { dtype: { type: uint8 } })
  const order = body.add('ReadVariableOp', ['order'], { dtype: { type: int32 } })
  const next = stepNodes(body, recorded, plan, {
    position: 'position',
    step: 'first',
    scalars: 'scalars',
    data,
    order,
    state,
  })
  const metrics = assignedThen(body, recorded, next.state, next.metrics)
  const inputs: [string, number][] = [
    ['position', int32],
    ['first', int32],
    ['scalars', float],
    ...handles(recorded),
  ]
  return functionDef(
    'Step',
    inputs,
    [['metrics', float, metrics]],
    body,
    compileAttribute(plan.xla),
  )
}

// Loop variables: i, metrics [maximumSteps, 3], position, first, count, scalars, data, order,
// state...
function loopArguments(recorded: RecordedStep): [string, number][] {
  const fixed: [string, number][] = [
    ['i', int32],
    ['metrics', float],
    ['position', int32],
    ['first', int32],
    ['count', int32],
    ['scalars', float],
    ['data', uint8],
    ['order', int32],
  ]
  return [...fixed, ...variables(recorded).map((name): [string, number] => [name, float])]
}

function loopBody(recorded: RecordedStep, plan: GraphPlan, binding: NativeBinding): FunctionDef {
  const body = new FunctionBody(binding)
  const T = { T: { type: int32 } }
  const position = body.add('AddV2', ['position', 'i'], T)
  const step = body.add('AddV2', ['first', 'i'], T)
  const scalars = gather(body, 'scalars', 'i', float) // [5]
  const next = stepNodes(body, recorded, plan, {
    position,
    step,
    scalars,
    data: 'data',
    order: 'order',
    state: variables(recorded),
  })
  // Row i of the metrics: a select rather than a sum, so that a NaN stays in its own row.
  const rows = body.int32(
    Array.from({ length: plan.maximumSteps }, (_, index) => index),
    [plan.maximumSteps, 1],
  )
  const here = body.add('Equal', [rows, 'i'], {
    T: { type: int32 },
    incompatible_shape_error: { b: true },
  })
  const wide = body.add('Reshape', [next.metrics, body.int32([1, 3], [2])], {
    T: { type: float },
    Tshape: { type: int32 },
  })
  const metrics = body.add('SelectV2', [here, wide, 'metrics'], { T: { type: float } })
  const i = body.add('AddV2', ['i', body.int32([1])], T)
  const references = [
    i,
    metrics,
    'position',
    'first',
    'count',
    'scalars',
    'data',
    'order',
    ...next.state,
  ]
  const inputs = loopArguments(recorded)
  return functionDef(
    'Body',
    inputs,
    inputs.map(([name, type], index) => [`next_${name}`, type, references[index]!]),
    body,
  )
}

function loopCondition(recorded: RecordedStep, binding: NativeBinding): FunctionDef {
  const body = new FunctionBody(binding)
  const less = body.add('Less', ['i', 'count'], { T: { type: int32 } })
  return functionDef('Condition', loopArguments(recorded), [['go', bool, less]], body)
}

function chunk(recorded: RecordedStep, plan: GraphPlan, binding: NativeBinding): FunctionDef {
  const body = new FunctionBody(binding)
  const state = variables(recorded).map((name) =>
    body.add('ReadVariableOp', [name], { dtype: { type: float } }),
  )
  const data = body.add('ReadVariableOp', ['data'], { dtype: { type: uint8 } })
  const order = body.add('ReadVariableOp', ['order'], { dtype: { type: int32 } })
  const metrics = body.float(new Array<number>(plan.maximumSteps * 3).fill(0), [
    plan.maximumSteps,
    3,
  ])
  const input = [
    body.int32([0]),
    metrics,
    'position',
    'first',
    'count',
    'scalars',
    data,
    order,
    ...state,
  ]
  const shapes = [
    [],
    [plan.maximumSteps, 3],
    [],
    [],
    [],
    [plan.maximumSteps, 5],
    [plan.rows, plan.values],
    [plan.orderLength],
    ...recorded.state.map(({ shape }) => shape),
  ]
  body.add(
    'While',
    input,
    {
      T: { list: { type: loopArguments(recorded).map(([, type]) => type) } },
      cond: { func: { name: 'Condition', attr: {} } },
      body: { func: { name: 'Body', attr: {} } },
      output_shapes: { list: { shape: shapes.map(shapeOf) } },
      parallel_iterations: { i: 1 },
      // written out into the graph, or else TensorFlow's fusions and oneDNN's layouts do not reach
      // the loop's body
      ...(plan.xla ? {} : { _lower_using_switch_merge: { b: true } }),
    },
    'loop',
  )
  const results = recorded.state.map((_, index) => `loop:output:${8 + index}`)
  const out = assignedThen(body, recorded, results, 'loop:output:1')
  const inputs: [string, number][] = [
    ['position', int32],
    ['first', int32],
    ['count', int32],
    ['scalars', float],
    ...handles(recorded),
  ]
  return functionDef('Chunk', inputs, [['metrics', float, out]], body, compileAttribute(plan.xla))
}

const handles = (recorded: RecordedStep): [string, number][] =>
  ['data', 'order', ...variables(recorded)].map((name) => [name, resource])

// Assigns the new state, then hands on the metrics.
function assignedThen(
  body: FunctionBody,
  recorded: RecordedStep,
  state: string[],
  metrics: string,
): string {
  const assigned = recorded.state.map((_, index) =>
    body.add(
      'AssignVariableOp',
      [`v${index}`, state[index]!],
      { dtype: { type: float } },
      `assign${index}`,
    ),
  )
  return body.add('Identity', [metrics, ...assigned.map((name) => `^${name}`)], {
    T: { type: float },
  })
}

function placeholder(nodes: NodeDef[], name: string, dtype: number, shape: number[]): void {
  nodes.push({
    name,
    op: 'Placeholder',
    input: [],
    attr: { dtype: { type: dtype }, shape: { shape: shapeOf(shape) } },
  })
}

// A resource variable with nodes in_NAME and assign_NAME to write it and get_NAME to read it.
function variable(nodes: NodeDef[], name: string, dtype: number, shape: number[]): void {
  const named = Buffer.from(name)
  nodes.push({
    name,
    op: 'VarHandleOp',
    input: [],
    attr: {
      dtype: { type: dtype },
      shape: { shape: shapeOf(shape) },
      shared_name: { s: named },
      container: { s: Buffer.alloc(0) },
    },
  })
  placeholder(nodes, `in_${name}`, dtype, shape)
  nodes.push({
    name: `assign_${name}`,
    op: 'AssignVariableOp',
    input: [name, `in_${name}`],
    attr: { dtype: { type: dtype } },
  })
  nodes.push({
    name: `get_${name}`,
    op: 'ReadVariableOp',
    input: [name],
    attr: { dtype: { type: dtype } },
  })
}

// A node to fetch that assigns all these variables.
function group(nodes: NodeDef[], name: string, names: string[]): void {
  nodes.push({
    name,
    op: 'Identity',
    input: ['one', ...names.map((each) => `^assign_${each}`)],
    attr: { T: { type: int32 } },
  })
}
