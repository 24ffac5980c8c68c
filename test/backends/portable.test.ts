// The portable rungs leave the process's own handling of errors alone.
import { expect, it } from 'vitest'
import { loadPortable } from '../../main/backends/portable.ts'

it('loading WebAssembly adds no listener for uncaught errors', async () => {
  const count = () => [
    process.listenerCount('uncaughtException'),
    process.listenerCount('unhandledRejection'),
  ]
  const before = count()
  await loadPortable('wasm')
  expect(count()).toEqual(before)
})
