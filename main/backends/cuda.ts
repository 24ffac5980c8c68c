// Is there an NVIDIA GPU that TensorFlow could use? Looked at before anything is loaded, so that
// what is missing can be named: the driver, its library libcuda, or the device itself.
import fs from 'node:fs'
import path from 'node:path'

/**
 * One line naming what is missing, or null when driver, library and device are there. `root` is for
 * tests.
 */
export function missingForCuda(
  root = '/',
  environment: NodeJS.ProcessEnv = process.env,
): string | null {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return `CUDA is offered on Linux x64; this is ${process.platform} ${process.arch}`
  const at = (name: string): string => path.join(root, name)
  const hidden = environment['CUDA_VISIBLE_DEVICES']
  if (hidden === '' || hidden === '-1') return `the GPU is hidden by CUDA_VISIBLE_DEVICES=${hidden}`
  if (!hasDevice(at('dev'))) return 'no NVIDIA GPU: /dev/nvidia0 is missing'
  if (!fs.existsSync(at('proc/driver/nvidia/version')) && !fs.existsSync(at('dev/nvidiactl')))
    return 'no NVIDIA driver: /proc/driver/nvidia is missing'
  const folders = [
    ...(environment['LD_LIBRARY_PATH'] ?? '').split(':').filter(Boolean),
    ...libraryFolders.map(at),
  ]
  if (!folders.some((folder) => fs.existsSync(path.join(folder, 'libcuda.so.1'))))
    return "libcuda.so.1 is missing: install the driver's CUDA library"
  return null
}

const libraryFolders = [
  'usr/lib/x86_64-linux-gnu',
  'usr/lib64',
  'usr/lib',
  'lib64',
  'usr/local/nvidia/lib64',
  'usr/local/cuda/compat',
  'usr/lib/wsl/lib',
  'run/opengl-driver/lib',
]

function hasDevice(folder: string): boolean {
  try {
    return fs.readdirSync(folder).some((name) => /^nvidia\d+$|^dxg$/.test(name)) // dxg: the GPU under WSL
  } catch {
    return false
  }
}

/**
 * The driver's version and the devices, as one text: with another driver or device a GPU is tried
 * again.
 */
export function driverOf(root = '/'): string {
  const read = <Value>(look: () => Value, otherwise: Value): Value => {
    try {
      return look()
    } catch {
      return otherwise
    }
  }
  const version = read(
    () => fs.readFileSync(path.join(root, 'proc/driver/nvidia/version'), 'utf8'),
    '',
  )
  const devices = read(() => fs.readdirSync(path.join(root, 'dev')), []).filter((name) =>
    /^nvidia\d+$|^dxg$/.test(name),
  )
  return JSON.stringify([version, devices.sort()])
}
