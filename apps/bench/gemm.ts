// The machine's measured peak: a big float32 matrix product in the same library, a step being one
// product. It takes turns with the contestants, so that it meets the same load. Speaks the lines of
// contestant.ts.
import { createInterface } from 'node:readline'
import { activateRung } from '../../main/backends/index.ts'
import * as tf from '../../main/engine/tf.ts'
import { defaultCacheFolder } from '../../main/runtime/cache.ts'
import { GEMM_SIZE } from './benchSummary.ts'

const backend = await activateRung('tensorflow', { cacheFolder: defaultCacheFolder() })
const [a, b] = [tf.fill([GEMM_SIZE, GEMM_SIZE], 0.5), tf.fill([GEMM_SIZE, GEMM_SIZE], 0.25)] as [
  tf.Tensor2D,
  tf.Tensor2D,
]
product()
say({
  ready: {
    versions: { [backend.name]: backend.version, threads: backend.threads },
    seconds: performance.now() / 1000,
  },
})
for await (const line of createInterface({ input: process.stdin })) {
  const steps = Number(line.split(' ')[1])
  const before = performance.now()
  for (let i = 0; i < steps; i++) product()
  say({
    milliseconds: performance.now() - before,
    metrics: [0, 0, 0],
    residentBytes: process.resourceUsage().maxRSS * 1024,
  })
}
process.exit(0)

function product(): void {
  const c = tf.matMul(a, b)
  tf.slice(c, [0, 0], [1, 1]).dataSync() // waits for the product without copying all of it
  c.dispose()
}

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}
