// What a function of tensors does, as text that can be compared: every kernel with its attributes,
// and each input by where it came from: a given tensor, an earlier kernel's output, or a constant
// with its values.
import * as tf from '../../main/engine/tf.ts'
import type { Recording } from '../../main/compile/recorder.ts'

export interface Trace {
  lines: string[]
  /** How often values were read back from the backend by what ran. */
  reads: number
}

/**
 * Runs `run` once through a wrapper around the engine's kernels; its result is disposed of. For the
 * portable rungs.
 */
export function traceKernels(inputs: tf.Tensor[], run: () => tf.Tensor[]): Trace {
  const engine = tf.engine()
  const backend = tf.backend()
  const names = new Map(inputs.map((tensor, index) => [tensor.id, `input ${index}`]))
  // Named at the end: a kernel saves clones of its results for the gradient before it returns them.
  const lines: { kernel: string; from: { key: string; id: number; values: string }[] }[] = []
  let reads = 0
  let looking = false // reading a constant's values for the trace is not the step's doing
  const valuesOf = (tensor: tf.Tensor): string => {
    if (names.has(tensor.id)) return ''
    looking = true
    const values = [...tensor.dataSync()].join()
    looking = false
    return `constant ${tensor.dtype} [${tensor.shape.join()}] ${values}`
  }
  const { runKernel } = engine
  const { readSync } = backend
  backend.readSync = (id: object) => {
    if (!looking) reads++
    return readSync.call(backend, id)
  }
  engine.runKernel = ((name, given, attributes) => {
    const from = Object.entries(given as Record<string, tf.Tensor | tf.Tensor[]>).flatMap(
      ([key, value]) =>
        [value].flat().map((tensor) => ({ key, id: tensor.id, values: valuesOf(tensor) })),
    )
    const line = lines.push({ kernel: `${name} ${JSON.stringify(attributes ?? {})}`, from }) - 1
    const result = runKernel.call(engine, name, given, attributes)
    ;[result]
      .flat()
      .forEach((tensor, index) => names.set((tensor as tf.Tensor).id, `result ${line}.${index}`))
    return result
  }) as typeof runKernel
  try {
    tf.dispose(run())
  } finally {
    engine.runKernel = runKernel
    backend.readSync = readSync
  }
  return {
    reads,
    lines: lines.map(
      ({ kernel, from }) =>
        `${kernel} (${from.map(({ key, id, values }) => `${key}: ${names.get(id) ?? values}`).join('; ')})`,
    ),
  }
}

/** A recording (compile/recorder.ts) in the same manner. */
export function traceRecording({ ops, constants, inputs, outputs }: Recording): string[] {
  const names = new Map(inputs.map((id, index) => [id, `input ${index}`]))
  const nameOf = (id: number): string => {
    const constant = constants.get(id)
    return (
      names.get(id) ??
      (constant
        ? `constant ${constant.dtype} [${constant.shape.join()}] ${Buffer.from(constant.bytes).toString('hex')}`
        : `unknown ${id}`)
    )
  }
  const lines = ops.map((op, line) => {
    const text = `${op.name} ${JSON.stringify(op.attributes)} (${op.inputs.map(nameOf).join('; ')})`
    op.outputs.forEach(({ id }, index) => names.set(id, `result ${line}.${index}`))
    return text
  })
  return [...lines, `results ${outputs.map(nameOf).join('; ')}`]
}
