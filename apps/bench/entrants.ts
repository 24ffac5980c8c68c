// Who takes part: our modes on the native rung, wasm beside them on the tutorial's net, and the
// peers.
import { fileURLToPath } from 'node:url'
import { modes, type Mode } from '../../preload/contract/runConfig.ts'
import type { Invocation } from './contestant.ts'
import { peerSpec, type Work } from './works.ts'

export interface Entrant {
  name: string
  side: 'ours' | 'peer'
  invocation: Invocation
}

/** Script and its modes. */
const peers: [script: string, title: string, modes: string[]][] = [
  ['torch_peer', 'PyTorch', ['eager', 'compile']],
  ['jax_peer', 'JAX', ['step', 'scan']],
  ['tensorflow_peer', 'TensorFlow', ['function', 'xla', 'loop']],
]

const beside = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export function ourEntrants(work: Work, chosen: readonly Mode[]): Entrant[] {
  const one = (mode: Mode, rung: string): Entrant => ({
    name: rung === 'tensorflow' ? mode : `${rung} ${mode}`,
    side: 'ours',
    invocation: { program: process.execPath, args: [beside('./ours.ts'), work.name, mode, rung] },
  })
  const native = modes
    .filter((mode) => chosen.includes(mode))
    .map((mode) => one(mode, 'tensorflow'))
  return work.name === 'tutorial' && chosen.includes('eager')
    ? [...native, one('eager', 'wasm')]
    : native
}

/** python: the interpreter of an environment that holds torch, jax and tensorflow. */
export function peerEntrants(work: Work, python: string, images: string, count: number): Entrant[] {
  const spec = JSON.stringify(peerSpec(work, images, count))
  return peers.flatMap(([script, title, variants]) =>
    variants.map((variant) => ({
      name: `${title} ${variant}`,
      side: 'peer' as const,
      invocation: {
        program: python,
        args: [beside(`./peers/${script}.py`), variant, spec],
        environment: { TF_CPP_MIN_LOG_LEVEL: '3' },
      },
    })),
  )
}

export const gemmInvocation: Invocation = { program: process.execPath, args: [beside('./gemm.ts')] }
