// The two rungs that need nothing but Node: WebAssembly (SIMD, one thread: tfjs's threaded build
// does not start under Node) and plain JavaScript.
import { createRequire } from 'node:module'
import path from 'node:path'
import * as tf from '../engine/tf.ts'
import { registerMissingKernels } from './missing.ts'

export type PortableRung = 'wasm' | 'js'

export interface Portable {
  version: string
  threads: number
  detail: string // for the ladder's one line
}

/** Makes the rung tfjs's backend in this process. Throws when it does not start. */
export async function loadPortable(rung: PortableRung): Promise<Portable> {
  tf.env().set('PROD', true) // no greeting on the console
  return rung === 'wasm' ? loadWasm() : loadJavaScript()
}

async function loadWasm(): Promise<Portable> {
  const wasm = await import('@tensorflow/tfjs-backend-wasm')
  const require = createRequire(import.meta.url)
  // The .wasm files lie beside the package's entry; a folder must end in a separator.
  wasm.setWasmPaths(path.dirname(require.resolve('@tensorflow/tfjs-backend-wasm')) + path.sep)
  const before = uncaught.map((event) => process.listeners(event as 'uncaughtException'))
  if (!(await tf.setBackend('wasm'))) throw new Error('the wasm backend did not start')
  uncaught.forEach((event, index) => dropNewListeners(event, before[index]!))
  registerMissingKernels()
  const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')
  return {
    version: wasm.version_wasm,
    threads: 1,
    detail: `WebAssembly ${wasm.version_wasm}${simd ? ' with SIMD' : ''}, 1 thread`,
  }
}

/**
 * The compiled module's own listeners throw whatever reaches them: the process would end before
 * ours had told anybody.
 */
const uncaught = ['uncaughtException', 'unhandledRejection'] as const

function dropNewListeners(event: string, before: readonly unknown[]): void {
  for (const listener of process.listeners(event as 'uncaughtException'))
    if (!before.includes(listener)) process.off(event, listener)
}

async function loadJavaScript(): Promise<Portable> {
  // The union package that engine/tf.ts loads has registered the cpu backend and its kernels.
  if (!(await tf.setBackend('cpu'))) throw new Error('the cpu backend did not start')
  return { version: tf.version_core, threads: 1, detail: `JavaScript ${tf.version_core}, 1 thread` }
}
