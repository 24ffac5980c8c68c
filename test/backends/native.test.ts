// The native rung, where its runtime is installed: random words against the reference and against
// the engine's own generator, the known answer, silence on standard error, threads, no tensors left
// behind.
import { spawnSync } from 'node:child_process'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import * as tf from '../../main/engine/tf.ts'
import { wrongAnswer } from '../../main/backends/answer.ts'
import type { Backend } from '../../main/backends/backend.ts'
import { activateRung } from '../../main/backends/index.ts'
import { uniform16, uniform24 } from '../../main/backends/philox.ts'
import { setCompilerFlags } from '../../main/backends/native.ts'
import { philoxWords } from '../../main/engine/random.ts'
import { defaultCacheFolder } from '../../main/runtime/cache.ts'
import { runtimeManifest } from '../../main/runtime/runtimeManifest.ts'
import { needing, withRuntime } from '../kit/needing.ts'
import { reference } from '../kit/reference.ts'

const cacheFolder = defaultCacheFolder()

type Words = { key: [number, number]; counter: [number, number, number, number]; words: number[] }

const high24 = (words: ArrayLike<number>): number[] =>
  Array.from(words, (word) => (word >>> 8) * 2 ** -24)
const halves = (words: ArrayLike<number>): number[] =>
  Array.from(words).flatMap((word) => [(word & 0xffff) * 2 ** -16, (word >>> 16) * 2 ** -16])

function draw(
  uniform: typeof uniform24,
  { key, counter }: Omit<Words, 'words'>,
  count: number,
): number[] {
  return tf.tidy(() =>
    Array.from(
      uniform(
        tf.tensor1d(Int32Array.from(key), 'int32'),
        tf.tensor1d(Int32Array.from(counter), 'int32'),
        count,
      ).dataSync(),
    ),
  ) as unknown as number[]
}

describe("XLA's flags", () => {
  afterEach(() => vi.unstubAllEnvs())
  const own =
    runtimeManifest.find(({ platform }) => platform === `${process.platform}-${process.arch}`)
      ?.version ?? null
  const flagsAfter = (given: string, version: string | null) => {
    vi.stubEnv('XLA_FLAGS', given)
    setCompilerFlags(version)
    return process.env['XLA_FLAGS']
  }

  const { test: testHere } = needing(
    own === null ? 'no native runtime is offered for this system' : undefined,
  )

  testHere('are added once for the version of the manifest, after those that were given', () => {
    const added = flagsAfter('--xla_dump_to=/tmp/x', own)!
    expect(added).toMatch(/^--xla_dump_to=\/tmp\/x --xla_cpu_\w+=true$/)
    expect(flagsAfter(added, own)).toBe(added)
  })
  test('are left alone for any other version, and where a file of flags is named', () => {
    expect(flagsAfter('', '2.9.1')).toBe('')
    expect(flagsAfter('', null)).toBe('')
    expect(flagsAfter('/etc/xla-flags', own)).toBe('/etc/xla-flags')
  })
})

withRuntime.describe('the native rung', () => {
  let backend: Backend
  beforeAll(async () => {
    backend = await activateRung('tensorflow', { cacheFolder })
  })

  test('says what it is and gives the known answer', () => {
    expect(backend.detail).toMatch(/^TensorFlow 2\.\d+\.\d+, CPU, \d+ threads?$/)
    expect(wrongAnswer(true)).toBe(null)
  })

  test('Philox uniforms equal the reference, bit for bit', () => {
    const { cases } = reference<{ cases: Words[] }>('philox')
    for (const each of cases) {
      expect(draw(uniform24, each, each.words.length)).toEqual(high24(each.words))
      expect(draw(uniform16, each, 2 * each.words.length - 1)).toEqual(
        halves(each.words).slice(0, -1),
      )
    }
  })

  test("and the engine's own words, also a long draw over the carry of the counter", () => {
    const each = {
      key: [0xffffffff, 3] as [number, number],
      counter: [0xfffffff0, 0xffffffff, 5, 0] as [number, number, number, number],
    }
    const words = philoxWords(each.key, each.counter, 10_001)
    expect(draw(uniform24, each, 10_001)).toEqual(high24(words))
    expect(draw(uniform16, each, 20_001)).toEqual(halves(words).slice(0, 20_001))
  })

  test('leaves nothing behind', () => {
    const binding = backend.native!.binding
    const before = [binding.getNumOfTensors(), tf.memory().numTensors]
    for (let i = 0; i < 20; i++) draw(uniform16, { key: [1, 2], counter: [0, i, 0, 0] }, 33)
    expect([binding.getNumOfTensors(), tf.memory().numTensors]).toEqual(before)
  })

  test('is silent, and takes its threads from the caller', () => {
    const script = `const {activateRung} = await import('./main/backends/index.ts')
      const backend = await activateRung('tensorflow', {cacheFolder: ${JSON.stringify(cacheFolder)}, threads: 1})
      console.log(backend.threads)`
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    })
    expect([stdout, stderr]).toEqual(['1\n', ''])
  })
})
