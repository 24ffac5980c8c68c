// The environment of the processes that compute: hosts, and the checks that try a backend for them.
// It is made here from a list of what they need, so that a run doesn't depend on settings that were
// meant for other programs (XLA_FLAGS, TF_*, LD_PRELOAD, NODE_OPTIONS, proxies), and a check sees
// exactly what the run will see.
import { readdirSync } from 'node:fs'
import { isAbsolute } from 'node:path'

/** Names that are passed on. `*` at the end stands for any rest. */
const passedOn = [
  ...[
    'PATH',
    'HOME',
    'USER',
    'LOGNAME',
    'SHELL',
    'TMPDIR',
    'TMP',
    'TEMP',
    'TZ',
    'LANG',
    'LANGUAGE',
    'LC_*',
  ],
  ...['XDG_CACHE_HOME', 'XDG_RUNTIME_DIR', 'LATENT_*'],
  // where Node keeps compiled code between starts
  'NODE_COMPILE_CACHE',
  // Windows finds its own libraries by these
  ...[
    'SYSTEMROOT',
    'SYSTEMDRIVE',
    'WINDIR',
    'COMSPEC',
    'PATHEXT',
    'USERPROFILE',
    'APPDATA',
    'LOCALAPPDATA',
  ],
  ...['NUMBER_OF_PROCESSORS', 'PROCESSOR_ARCHITECTURE', 'PROGRAMDATA', 'PROGRAMFILES'],
  // which GPUs there are, where the driver keeps what it compiles, and how its shared server is
  // reached
  ...[
    'CUDA_VISIBLE_DEVICES',
    'CUDA_DEVICE_ORDER',
    'CUDA_CACHE_*',
    'CUDA_MPS_*',
    'CUDA_MODULE_LOADING',
  ],
  ...['NVIDIA_VISIBLE_DEVICES', 'NVIDIA_DRIVER_CAPABILITIES'],
  // the loader of programs that were not built for NixOS
  ...['NIX_LD', 'NIX_LD_*'],
  // what TensorFlow logs; all its other variables may change results
  'TF_CPP_*',
]

/**
 * Libraries that the native runtime brings itself: TensorFlow's and, for CUDA, NVIDIA's, but not
 * those of the driver.
 */
const ownLibrary =
  /^lib(tensorflow\w*|cudart|cublas(Lt)?|cufftw?|curand|cusolver(Mg)?|cusparse|cudnn\w*|nccl|cupti|nvJitLink|nvrtc\S*|nvshmem\w*)\.(so|dylib)/

/** The variables of `given` that a host gets. Applied twice it changes nothing more. */
export function hostEnvironment(
  given: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): NodeJS.ProcessEnv {
  // Windows ignores the case of these names
  const known = (name: string) => isPassedOn(platform === 'win32' ? name.toUpperCase() : name)
  const made = Object.fromEntries(Object.entries(given).filter(([name]) => known(name)))
  const libraries = platform === 'linux' ? safeLibraryPath(given['LD_LIBRARY_PATH']) : ''
  return libraries === '' ? made : { ...made, LD_LIBRARY_PATH: libraries }
}

function isPassedOn(name: string): boolean {
  return passedOn.some((known) =>
    known.endsWith('*') ? name.startsWith(known.slice(0, -1)) : name === known,
  )
}

/**
 * The folders of an LD_LIBRARY_PATH without those that hold a library of ours: the loader looks
 * there before it looks where the runtime says. The others stay; the driver's libcuda may be found
 * nowhere else.
 */
export function safeLibraryPath(path: string | undefined): string {
  return (path ?? '')
    .split(':')
    .filter((folder) => isAbsolute(folder) && !holdsOwnLibrary(folder))
    .join(':')
}

function holdsOwnLibrary(folder: string): boolean {
  try {
    return readdirSync(folder).some((name) => ownLibrary.test(name))
  } catch {
    return true // what cannot be read is of no use to the loader either
  }
}

/** What a result of a check depends on: the variables that a library may read, as one text. */
export function libraryEnvironment(given: NodeJS.ProcessEnv = process.env): string {
  const read = Object.entries(hostEnvironment(given)).filter(([name]) =>
    /^(LD_|CUDA_|NVIDIA_|NIX_LD)/.test(name),
  )
  return JSON.stringify(read.sort(([a], [b]) => (a < b ? -1 : 1)))
}

const loopback = ['127.0.0.1', 'localhost', '::1', '[::1]']

/**
 * Keeps connections to this machine's own address away from a proxy that NODE_USE_ENV_PROXY turned
 * on: adds them to NO_PROXY, which Node reads again before each connection. Whatever we start
 * afterwards inherits that.
 */
export function neverProxyLoopback(environment: NodeJS.ProcessEnv = process.env): void {
  // Node takes the name in small letters first, where it is there
  for (const name of ['no_proxy', 'NO_PROXY']) {
    const given = environment[name]
    if (given === undefined && name === 'no_proxy') continue
    const listed = (given ?? '').split(/[\s,]+/).filter(Boolean)
    if (listed.includes('*')) continue
    const missing = loopback.filter((host) => !listed.includes(host))
    if (missing.length > 0) environment[name] = [...listed, ...missing].join(',')
  }
}
