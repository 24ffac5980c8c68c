// A SavedModel made of bytes, loaded into TensorFlow and run through the binding: one call, named
// inputs and outputs.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unaligned } from '../backends/native.ts'
import type { NativeBackend, NativeTensor } from '../backends/nativeBackend.ts'

export interface Feed {
  name: string
  dtype: number
  shape: number[]
  values: Float32Array | Int32Array | Uint8Array
}

export interface GraphSession {
  run(inputs: Feed[], outputs: string[]): NativeTensor[]
  /** As run, with tensors that TensorFlow already has; names joined by commas. */
  runTensors(ids: number[], inputs: string, outputs: string): NativeTensor[]
  write(node: string, inputs: Feed[]): void
  /** Values of a tensor that run() returned; frees it. */
  take(tensor: NativeTensor): Float32Array | Int32Array | Uint8Array
  /** Calling it again does nothing. */
  dispose(): void
}

/** Loads a SavedModel from its bytes. The folder it must lie in is gone again afterwards. */
export function loadGraph(bytes: Uint8Array, { binding }: NativeBackend): GraphSession {
  const folder = mkdtempSync(join(tmpdir(), 'latent-program-'))
  let id: number
  try {
    writeFileSync(join(folder, 'saved_model.pb'), bytes)
    id = binding.loadSavedModel(folder, 'serve')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  const run: GraphSession['run'] = (inputs, outputs) => {
    const ids = inputs.map(({ shape, dtype, values }) =>
      binding.createTensor(shape, dtype, unaligned(values)),
    )
    try {
      return binding.runSavedModel(
        id,
        ids,
        inputs.map(({ name }) => name).join(','),
        outputs.join(','),
      )
    } finally {
      for (const tensor of ids) binding.deleteTensor(tensor)
    }
  }
  const take: GraphSession['take'] = (tensor) => {
    const values = binding.tensorDataSync(tensor.id)
    binding.deleteTensor(tensor.id)
    return values
  }
  let isLoaded = true
  const dispose = () => {
    if (isLoaded) binding.deleteSavedModel(id)
    isLoaded = false
  }
  const runTensors: GraphSession['runTensors'] = (ids, inputs, outputs) =>
    binding.runSavedModel(id, ids, inputs, outputs)
  return {
    run,
    runTensors,
    take,
    write: (node, inputs) => void run(inputs, [node]).forEach(take),
    dispose,
  }
}
