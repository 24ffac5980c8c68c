// Loads the native runtime into this process: TensorFlow's C++ library behind tfjs's own Node
// backend, without importing that package's index (which insists on the binary of its installer).
// Also the types of what the compiled training needs of it: the backend object and its binding.
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import util from 'node:util'
import * as tf from '../engine/tf.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import { bindingFile, muteFile } from '../runtime/compiler.ts'
import { entryFor } from '../runtime/runtimeManifest.ts'
import { registerFused } from './fused.ts'
import { mountOf } from './mount.ts'
import type { NativeBackend, NativeBinding } from './nativeBackend.ts'
import { registerPhilox } from './philox.ts'

export const nativeName = 'tensorflow'

let loadedFrom: string | null = null // a native library cannot be unloaded

/**
 * Opens the binding in `folder` and makes it tfjs's backend. Environment variables of TensorFlow
 * must be set before: they are read once. Throws `runtime-failed` when the library cannot be
 * opened.
 */
export async function loadNative(folder: string): Promise<NativeBackend> {
  if (loadedFrom !== null && loadedFrom !== folder)
    throw new StudioError(
      'runtime-failed',
      'Expected one native runtime per process, found another one already loaded. Start a new process for this one.',
      { reason: 'load-failed' },
    )
  if (tf.findBackendFactory(nativeName) === null) register(openBinding(folder))
  loadedFrom = folder
  await tf.setBackend(nativeName)
  await tf.ready()
  return tf.backend() as unknown as NativeBackend
}

function openBinding(folder: string): NativeBinding {
  const level = (process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2') // errors only; the binding's own start reads it
  const quiet =
    level === '0' ? null : open<{ mute(): void; unmute(): void }>(path.join(folder, muteFile))
  quiet?.mute()
  try {
    return open<NativeBinding>(path.join(folder, bindingFile))
  } finally {
    quiet?.unmute()
  }
}

function open<Exports>(file: string): Exports {
  const folder = path.dirname(file)
  const opened = { exports: {} as Exports }
  try {
    process.dlopen(opened, file)
  } catch (error) {
    const text = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    const advice = /\bnoexec\b/.test(mountOf(folder))
      ? 'Its disk is mounted noexec, so libraries on it cannot be loaded. Choose another folder with LATENT_STUDIO_CACHE'
      : 'Install it again with: latent runtime install'
    throw new StudioError(
      'runtime-failed',
      `Expected the native runtime to load; found: ${text}. ${advice}`,
      {
        reason: 'load-failed',
      },
    )
  }
  return opened.exports
}

function register(binding: NativeBinding): void {
  restoreUtil()
  const require = createRequire(import.meta.url)
  const { NodeJSKernelBackend } =
    require('@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend') as {
      NodeJSKernelBackend: new (binding: NativeBinding, packageName: string) => tf.KernelBackend
    }
  require('@tensorflow/tfjs-node-gpu/dist/register_all_kernels')
  tf.env().set('PROD', true) // no greeting on the console
  tf.registerBackend(nativeName, () =>
    ownMemory(new NodeJSKernelBackend(binding, '@tensorflow/tfjs-node-gpu')),
  )
  registerPhilox(nativeName)
  registerFused(nativeName)
}

/**
 * Makes the backend give TensorFlow copies of the arrays that tensors are made of (see unaligned).
 */
function ownMemory(backend: tf.KernelBackend): tf.KernelBackend {
  const write = backend.write.bind(backend)
  backend.write = (values, shape, dtype) =>
    write(ArrayBuffer.isView(values) ? unaligned(values as Float32Array) : values, shape, dtype)
  return backend
}

/**
 * A copy of an array in memory that TensorFlow copies once more instead of working in it. It works
 * in place where memory is aligned to 64 bytes, and the last of its threads to let go of such a
 * tensor (a variable's, say) calls Node-API from outside Node's thread, which crashes at random.
 * Memory 4 bytes off is never aligned, and is freed at once.
 */
export function unaligned<Values extends Float32Array | Int32Array | Uint8Array>(
  values: Values,
): Values {
  const View = values.constructor as new (
    buffer: ArrayBuffer,
    offset: number,
    length: number,
  ) => Values
  const copy = new View(new ArrayBuffer(4 + values.byteLength), 4, values.length)
  copy.set(values)
  return copy
}

/** tfjs-node still calls three functions that Node 23 dropped. */
function restoreUtil(): void {
  const old = util as unknown as Record<string, unknown>
  old['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined
  old['isArray'] ??= Array.isArray
  old['isString'] ??= (value: unknown) => typeof value === 'string'
}

/**
 * Threads of one op (intra) and ops at a time (inter). TensorFlow reads both variables when its
 * library is first used; 0 or nothing means as many as there are processors.
 */
export function setThreads(threads: number | undefined): void {
  if (threads === undefined) return
  process.env['TF_NUM_INTRAOP_THREADS'] = String(threads)
  process.env['TF_NUM_INTEROP_THREADS'] = String(threads)
}

/**
 * Whether the library is the version whose flags this program knows; others may end the process
 * over an unknown one.
 */
export function isKnownVersion(version: string | null): boolean {
  return version !== null && version === entryFor('cpu')?.version
}

/**
 * What XLA is told before its library is first used, for the version that this program names:
 * others may not know these words, and end the process. A loop's body keeps parameters in place
 * where it can, instead of copying each before its update.
 */
export function setCompilerFlags(version: string | null): void {
  if (!isKnownVersion(version)) return
  const flag = '--xla_cpu_copy_insertion_use_region_analysis=true'
  const given = process.env['XLA_FLAGS'] ?? ''
  // what does not begin with a dash is the name of a file of flags
  if (/^\s*[^-\s]/.test(given)) return
  if (!given.includes('copy_insertion_use_region_analysis'))
    process.env['XLA_FLAGS'] = `${given} ${flag}`.trim()
}

export function nativeThreads(): number {
  const chosen = Number(process.env['TF_NUM_INTRAOP_THREADS'] ?? 0)
  return Number.isInteger(chosen) && chosen > 0 ? chosen : os.availableParallelism()
}
