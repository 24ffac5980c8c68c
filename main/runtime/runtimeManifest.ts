// What the native runtime consists of, per platform: exact versions and the sha256 of every package
// that is fetched. Only TensorFlow's C++ libraries and a few C headers are taken out of the Python
// packages ("wheels"), so the Python tag is any one that exists. Nothing outside this list is ever
// fetched.

export type Variant = 'cpu' | 'cuda'

/** One package to fetch. `bytes` is its size, `sha256` its hash in hex. */
export interface WheelEntry {
  project: string
  version: string
  file: string
  sha256: string
  bytes: number
  python: string // Python version to ask for, without meaning for us
  abi: string
  platform: string // platform tag to ask for
  licence: string
}

/** One runtime. `unpackedBytes` is what is kept of it on disk. */
export interface RuntimeEntry {
  variant: Variant
  platform: string // `${process.platform}-${process.arch}`
  version: string // of TensorFlow
  wheels: WheelEntry[]
  libraries: readonly [compiled: string, framework: string] // what the binding is linked against, below site/
  unpackedBytes: number
}

const version = '2.21.0'
const linuxLibraries = [
  'tensorflow/libtensorflow_cc.so.2',
  'tensorflow/libtensorflow_framework.so.2',
] as const
const macLibraries = [
  'tensorflow/libtensorflow_cc.2.dylib',
  'tensorflow/libtensorflow_framework.2.dylib',
] as const

function tensorflow(project: string, platform: string, bytes: number, sha256: string): WheelEntry {
  const file = `${project.replaceAll('-', '_')}-${version}-cp312-cp312-${platform}.whl`
  return {
    project,
    version,
    file,
    sha256,
    bytes,
    python: '3.12',
    abi: 'cp312',
    platform,
    licence: 'Apache-2.0',
  }
}

/** A package of NVIDIA's, as the `and-cuda` extra of the TensorFlow package names it. */
function nvidia(
  name: string,
  version: string,
  bytes: number,
  sha256: string,
  tags = 'manylinux2014_x86_64',
): WheelEntry {
  const project = `nvidia-${name}-cu12`
  const file = `${project.replaceAll('-', '_')}-${version}-py3-none-${tags}.whl`
  const platform = 'manylinux2014_x86_64'
  const licence = name === 'nccl' ? 'BSD-3-Clause' : 'NVIDIA Software License Agreement'
  return { project, version, file, sha256, bytes, python: '3.12', abi: 'none', platform, licence }
}

const cudaWheels: WheelEntry[] = [
  tensorflow(
    'tensorflow',
    'manylinux_2_27_x86_64',
    572611111,
    'b3b95643c4e70eb925839938fb35cbe142f317ec84af6844ee61513713bb13c0',
  ),
  // The lowest versions that TensorFlow 2.21 accepts: those it was built with.
  nvidia(
    'cublas',
    '12.5.3.2',
    363313169,
    'ca070ad70e9fa6654084575d01bd001f30cc4665e33d4bb9fc8e0f321caa034b',
  ),
  nvidia(
    'cuda-cupti',
    '12.5.82',
    13811507,
    'bde77a5feb66752ec61db2adfe47f56b941842825b4c7e2068aff27c9d107953',
  ),
  nvidia(
    'cuda-nvcc',
    '12.5.82',
    22468537,
    'b03e545b8e8c3ce7ebcd7fc44063180ff52ff01d064ece2127ed90a04ef12cd0',
  ),
  nvidia(
    'cuda-nvrtc',
    '12.5.82',
    24873108,
    '3dbd97b0104b4bfbc3c4f8c79cd2496307c89c43c29a9f83125f1d76296ff3fd',
  ),
  nvidia(
    'cuda-runtime',
    '12.5.82',
    895707,
    '3e79a060e126df40fd3a068f3f787eb000fa51b251ec6cd97d09579632687115',
  ),
  nvidia(
    'cudnn',
    '9.3.0.75',
    577163502,
    '9ad9c6929ebb5295eb4a1728024666d1c88283373e265a0c5c883e6f9d5cd76d',
  ),
  nvidia(
    'cufft',
    '11.2.3.61',
    192524114,
    '9a6e8df162585750f61983a638104a48c756aa13f9f48e19ab079b38e3c828b8',
  ),
  nvidia(
    'curand',
    '10.3.6.82',
    56309107,
    '2823fb27de4e44dbb22394a6adf53aa6e1b013aca0f8c22867d1cfae58405536',
  ),
  nvidia(
    'cusolver',
    '11.6.3.83',
    130341232,
    '93cfafacde4428b71778eeb092ec615a02a3d05404da1bcf91c53e3fa1bce42b',
  ),
  nvidia(
    'cusparse',
    '12.5.1.3',
    217558979,
    '016df8e993c437e8301e62739f01775cba988fd5253cd4c64173f8e8d2f8e752',
  ),
  nvidia(
    'nccl',
    '2.27.7',
    322546339,
    'de5ba5562f08029a19cb1cd659404b18411ed0d6c90ac5f52f30bf99ad5809aa',
    'manylinux2014_x86_64.manylinux_2_17_x86_64',
  ),
  nvidia(
    'nvjitlink',
    '12.5.82',
    21298879,
    'f9b37bc5c8cf7509665cb6ada5aaa0ce65618f2332b7d3e78e9790511f111212',
  ),
]

export const runtimeManifest: readonly RuntimeEntry[] = [
  {
    variant: 'cpu',
    platform: 'linux-x64',
    version,
    wheels: [
      tensorflow(
        'tensorflow-cpu',
        'manylinux_2_27_x86_64',
        274000871,
        'dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb',
      ),
    ],
    libraries: linuxLibraries,
    unpackedBytes: 860e6,
  },
  {
    variant: 'cpu',
    platform: 'linux-arm64',
    version,
    wheels: [
      tensorflow(
        'tensorflow',
        'manylinux_2_27_aarch64',
        281946471,
        'b07d15737406533898e36c7ef7944b1be18e9028dc521b9229952c537bbc5552',
      ),
    ],
    libraries: linuxLibraries,
    unpackedBytes: 890e6,
  },
  {
    variant: 'cpu',
    platform: 'darwin-arm64',
    version,
    wheels: [
      tensorflow(
        'tensorflow',
        'macosx_12_0_arm64',
        223488205,
        '56ecd7d47429acbe1df2694d50b75bf9fc3995ac92cb367cd9af6c4780ead712',
      ),
    ],
    libraries: macLibraries,
    unpackedBytes: 750e6,
  },
  {
    variant: 'cuda',
    platform: 'linux-x64',
    version,
    wheels: cudaWheels,
    libraries: linuxLibraries,
    unpackedBytes: 4260e6,
  },
]

/**
 * The entry for this machine, or undefined where the recipe does not reach (Windows, Intel Macs).
 */
export function entryFor(
  variant: Variant,
  platform = `${process.platform}-${process.arch}`,
): RuntimeEntry | undefined {
  return runtimeManifest.find((entry) => entry.variant === variant && entry.platform === platform)
}

/** Bytes that an install fetches. */
export function downloadBytes(entry: RuntimeEntry): number {
  return entry.wheels.reduce((sum, wheel) => sum + wheel.bytes, 0)
}
