// TensorFlow's own kernels for the parts of a layer that tfjs composes of several operations
// (engine/layers.ts). In a graph TensorFlow also fuses them with the convolution before them.
import * as tf from '../engine/tf.ts'
import { fusedKernels } from '../engine/layers.ts'
import type { NativeBackend } from './nativeBackend.ts'

const float32 = 1 // TensorFlow's number

/** Registers them for tfjs's Node backend of that name. */
export function registerFused(backendName: string): void {
  const kernel = (kernelName: string, operation: string, inputs: string[], layout: boolean): void =>
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: (call) => {
        const backend = call.backend as unknown as NativeBackend
        const type = { name: 'T', type: backend.binding.TF_ATTR_TYPE, value: float32 }
        const format = { name: 'data_format', type: backend.binding.TF_ATTR_STRING, value: 'NHWC' }
        return backend.executeSingleOutput(
          operation,
          layout ? [type, format] : [type],
          inputs.map((name) => call.inputs[name]!),
        )
      },
    })
  kernel(fusedKernels.biasAdd, 'BiasAdd', ['x', 'bias'], true)
  kernel(fusedKernels.biasGradient, 'BiasAddGrad', ['dy'], true)
  kernel(fusedKernels.reluGradient, 'ReluGrad', ['dy', 'y'], false)
}
