// Encoding, decoding, evaluation and importance sampling as compiled functions: recorded once for
// each configuration and shape, then one call each. The parameters are inputs, so a model that
// trains needs no new recording.
import type { Apply } from '../engine/model.ts'
import type { NativeBackend } from '../backends/nativeBackend.ts'
import { VariationalAutoencoder } from '../engine/model.ts'
import type { RunConfig } from '../../preload/contract/runConfig.ts'
import * as tf from '../engine/tf.ts'
import { FunctionBody, functionDef, UnknownOperation } from './functionGraph.ts'
import { encodeSavedModel, shapeOf, types, type Attr, type NodeDef } from './proto.ts'
import { loadGraph } from './session.ts'
import { record, type Recording } from './recorder.ts'

/** Compiled functions kept at most; the least recently used is dropped. */
const KEPT = 32

interface Compiled {
  run(inputs: tf.Tensor[]): tf.Tensor[]
  dispose(): void
}

/**
 * Executes by compiled functions those computations that pay for it: the ones whose name and batch
 * come again and again. The choice is fixed by name and shape, so the same request gives the same
 * bits every time.
 */
export function compiledApply(native: NativeBackend): Apply {
  const kept = new Map<string, Compiled | null>()
  return (name, model, inputs, compute) => {
    if (!pays(name, inputs)) return compute(model, inputs)
    const names = Object.keys(model.parameters)
    const all = [...inputs, ...names.map((parameter) => model.parameters[parameter]!)]
    const key = [
      name,
      ...all.map(({ shape }) => shape.join('x')),
      JSON.stringify(lossOf(model.config)),
    ].join(' ')
    let compiled = kept.get(key)
    kept.delete(key)
    compiled ??=
      compiled === null
        ? null
        : compile(native, name === 'nll', all, (tensors) => {
            const parameters = Object.fromEntries(
              names.map((parameter, index) => [parameter, tensors[inputs.length + index]!]),
            )
            return compute(
              new VariationalAutoencoder(model.config, model.image, parameters),
              tensors.slice(0, inputs.length),
            )
          })
    kept.set(key, compiled)
    if (kept.size > KEPT) dropOldest(kept)
    return compiled ? compiled.run(all) : compute(model, inputs)
  }
}

// decode: one point (a drag), and a 20 x 20 manifold or more. The others work in whole batches of
// fixed size.
function pays(name: string, inputs: tf.Tensor[]): boolean {
  const batch = inputs[0]!.shape[0]!
  if (name === 'decode') return batch === 1 || batch >= 400
  return name === 'nll' || batch >= 500
}

// What else than shapes decides what is computed.
const lossOf = ({
  activation,
  likelihood,
  noiseVariance,
  network,
  encoderFilters,
  decoderFilters,
}: RunConfig) => [activation, likelihood, noiseVariance, network, encoderFilters, decoderFilters]

/**
 * Null when the computation holds an operation that cannot be compiled: it is then executed
 * directly.
 */
function compile(
  native: NativeBackend,
  xla: boolean,
  inputs: tf.Tensor[],
  compute: (inputs: tf.Tensor[]) => tf.Tensor[],
): Compiled | null {
  try {
    const recording = record(native, inputs, () => tf.tidy(() => compute(inputs)))
    const session = loadGraph(assembleFunction(recording, inputs, native, xla), native)
    const inputNames = inputs.map((_, index) => `in${index}`).join(',')
    const outputNames = recording.outputs.map((_, index) => `call:${index}`).join(',')
    return {
      run: (tensors) =>
        session
          .runTensors(native.getInputTensorIds(tensors), inputNames, outputNames)
          .map((tensor) => native.createOutputTensor(tensor)),
      dispose: () => session.dispose(),
    }
  } catch (thrown) {
    if (thrown instanceof UnknownOperation) return null
    throw thrown
  }
}

function assembleFunction(
  recording: Recording,
  inputs: tf.Tensor[],
  native: NativeBackend,
  xla: boolean,
): Uint8Array {
  const body = new FunctionBody(native.binding)
  const outputs = body.replay(
    recording,
    new Map(recording.inputs.map((id, index) => [id, `in${index}`])),
  )
  const attr: Record<string, Attr> = xla ? { _XlaMustCompile: { b: true } } : {}
  const definition = functionDef(
    'Compute',
    inputs.map((_, index) => [`in${index}`, types.float]),
    outputs.map((reference, index) => [`out${index}`, types.float, reference]),
    body,
    attr,
  )
  const nodes: NodeDef[] = inputs.map(({ shape }, index) => ({
    name: `in${index}`,
    op: 'Placeholder',
    input: [],
    attr: { dtype: { type: types.float }, shape: { shape: shapeOf(shape) } },
  }))
  nodes.push({
    name: 'call',
    op: 'StatefulPartitionedCall',
    input: inputs.map((_, index) => `in${index}`),
    attr: {
      Tin: { list: { type: inputs.map(() => types.float) } },
      Tout: { list: { type: outputs.map(() => types.float) } },
      f: { func: { name: 'Compute', attr: {} } },
      ...attr,
    },
  })
  return encodeSavedModel(nodes, [definition])
}

function dropOldest(kept: Map<string, Compiled | null>): void {
  const [key, compiled] = kept.entries().next().value!
  kept.delete(key)
  compiled?.dispose()
}
