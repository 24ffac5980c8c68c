// A training program compiled from the engine's own step: recorded once, written as a SavedModel,
// loaded, and run with one call for one step or for many. State, data and order live in
// TensorFlow's variables; a call brings back metrics.
import type { Mode } from '../../preload/contract/runConfig.ts'
import type { NativeBackend, NativeTensor } from '../backends/nativeBackend.ts'
import { EpochOrders, type TrainingPlan } from '../engine/plan.ts'
import type { TrainingProgram } from '../engine/trainingProgram.ts'
import { scalarCount, scalarsAt } from '../engine/schedules.ts'
import type { Tensors } from '../engine/model.ts'
import type { NamedArrays, TrainingState } from '../engine/modelState.ts'
import { assemble, type GraphPlan } from './assembly.ts'
import { types } from './proto.ts'
import { loadGraph, type Feed, type GraphSession } from './session.ts'
import { recordStep } from './compiledStep.ts'

export type CompiledMode = Exclude<Mode, 'eager'>

/** Steps in one call at most; a longer chunk takes several calls. */
const MAXIMUM_STEPS = 512
/** Data larger than this stay outside and reach the program a chunk at a time. */
const RESIDENT_BYTES = 2 ** 31

export interface CompiledProgram extends TrainingProgram {
  /** Makes TensorFlow optimise and compile now, without moving the state. */
  warm(): void
  /** Writes parameters and slots. */
  restore(state: TrainingState): void
}

/**
 * Compiles lazily: TensorFlow optimises at the first call. Throws UnknownOperation when the step
 * cannot be recorded.
 */
export function compiledProgram(
  plan: TrainingPlan,
  initial: TrainingState,
  mode: CompiledMode,
  native: NativeBackend,
): CompiledProgram {
  const { binding } = native
  const { config, values, data } = plan
  const loop = mode.endsWith('loop')
  const resident = data.images.length <= RESIDENT_BYTES
  const maximumSteps = resident
    ? MAXIMUM_STEPS
    : Math.max(
        1,
        Math.min(MAXIMUM_STEPS, Math.floor(RESIDENT_BYTES / 8 / (config.batchSize * values))),
      )
  const orderLength = (resident ? plan.stepsPerEpoch : maximumSteps) * config.batchSize
  const graph: GraphPlan = {
    batchSize: config.batchSize,
    values,
    rows: resident ? data.count : orderLength,
    orderLength,
    maximumSteps,
    loop,
    xla: mode.startsWith('xla'),
  }
  const recorded = recordStep(plan, initial, native)
  const session = loadGraph(assemble(recorded, graph, binding), native)

  const restore = (state: TrainingState) => {
    const arrays: NamedArrays = { ...state.parameters, ...state.slots }
    session.write(
      'set_state',
      recorded.state.map(({ name, shape }, index) => ({
        name: `in_v${index}`,
        dtype: types.float,
        shape,
        values: arrays[name]!.values,
      })),
    )
  }
  restore(initial)
  if (resident)
    session.write('set_data', [
      { name: 'in_data', dtype: types.uint8, shape: [data.count, values], values: data.images },
    ])
  const feeder = resident ? residentOrder(plan, session) : fedChunks(plan, session, graph)

  const read = (wanted: (name: string) => boolean): [string, NativeTensor][] => {
    const chosen = recorded.state.flatMap(({ name }, index) =>
      wanted(name) ? [{ name, node: `get_v${index}` }] : [],
    )
    const tensors = session.run(
      [],
      chosen.map(({ node }) => node),
    )
    return chosen.map(({ name }, index) => [name, tensors[index]!])
  }
  const isParameter = (name: string) => name in initial.parameters

  const call = (first: number, steps: number): Float32Array => {
    const length = loop ? maximumSteps : 1
    const scalars = new Float32Array(length * scalarCount)
    for (let i = 0; i < steps; i++)
      scalars.set(scalarsAt(config, first + i, plan.totalSteps), i * scalarCount)
    const numbers = [
      int('position', feeder(first, steps)),
      int('first', first),
      ...(loop ? [int('count', steps)] : []),
    ]
    const [metrics] = session.run(
      [
        ...numbers,
        {
          name: 'scalars',
          dtype: types.float,
          shape: loop ? [length, scalarCount] : [scalarCount],
          values: scalars,
        },
      ],
      ['train'],
    )
    return (session.take(metrics!) as Float32Array).subarray(0, 3 * steps)
  }

  return {
    mode,
    run(first, count) {
      const rows = new Float32Array(3 * count)
      for (let done = 0; done < count;) {
        const inEpoch = (first - 1 + done) % plan.stepsPerEpoch
        const steps = Math.min(count - done, loop ? maximumSteps : 1, plan.stepsPerEpoch - inEpoch) // never across an epoch's end
        rows.set(call(first + done, steps), 3 * done)
        done += steps
      }
      return rows
    },
    warm() {
      // A loop of no steps leaves the state as it is; a single step has to be taken back.
      call(1, loop ? 0 : 1)
      if (!loop) restore(initial)
    },
    restore,
    parameters: (): Tensors =>
      Object.fromEntries(
        read(isParameter).map(([name, tensor]) => [name, native.createOutputTensor(tensor)]),
      ),
    read() {
      const named: NamedArrays = {}
      for (const [name, tensor] of read(() => true))
        named[name] = { shape: tensor.shape, values: session.take(tensor) as Float32Array }
      const part = (parameters: boolean) =>
        Object.fromEntries(
          Object.entries(named).filter(([name]) => isParameter(name) === parameters),
        )
      return { parameters: part(true), slots: part(false) }
    },
    dispose: () => session.dispose(),
  }
}

const int = (name: string, value: number): Feed => ({
  name,
  dtype: types.int32,
  shape: [],
  values: Int32Array.of(value),
})

// The whole data set lies in TensorFlow; only the order changes, once an epoch. Returns the
// position of a step.
function residentOrder(
  plan: TrainingPlan,
  session: GraphSession,
): (first: number, steps: number) => number {
  const orders = new EpochOrders(plan.config.seed, plan.data.count)
  const length = plan.stepsPerEpoch * plan.config.batchSize
  let loaded = -1
  return (first) => {
    const epoch = Math.floor((first - 1) / plan.stepsPerEpoch)
    if (epoch !== loaded)
      session.write('set_order', [
        {
          name: 'in_order',
          dtype: types.int32,
          shape: [length],
          values: orders.order(epoch).slice(0, length),
        },
      ])
    loaded = epoch
    return (first - 1) % plan.stepsPerEpoch
  }
}

// Data too large to be resident: each call brings its own images, in order.
function fedChunks(
  plan: TrainingPlan,
  session: GraphSession,
  graph: GraphPlan,
): (first: number, steps: number) => number {
  const orders = new EpochOrders(plan.config.seed, plan.data.count)
  const D = plan.values
  const rows = new Uint8Array(graph.rows * D)
  session.write('set_order', [
    {
      name: 'in_order',
      dtype: types.int32,
      shape: [graph.orderLength],
      values: Int32Array.from({ length: graph.orderLength }, (_, i) => i),
    },
  ])
  return (first, steps) => {
    const { batchSize } = plan.config
    const start = ((first - 1) % plan.stepsPerEpoch) * batchSize
    const order = orders
      .order(Math.floor((first - 1) / plan.stepsPerEpoch))
      .subarray(start, start + steps * batchSize)
    order.forEach((row, at) => rows.set(plan.data.images.subarray(row * D, (row + 1) * D), at * D))
    session.write('set_data', [
      { name: 'in_data', dtype: types.uint8, shape: [graph.rows, D], values: rows },
    ])
    return 0
  }
}
