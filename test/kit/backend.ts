// The backend on which engine tests run: LATENT_TEST_RUNG, else plain JavaScript, which works
// everywhere.
import type { Backend } from '../../main/backends/backend.ts'
import { activateRung } from '../../main/backends/index.ts'
import { defaultCacheFolder } from '../../main/runtime/cache.ts'
import { findRuntime } from '../../main/runtime/status.ts'
import type { Rung } from '../../preload/contract/runConfig.ts'

/** Whether tests and soaks can run on native TensorFlow. */
export const runtimeInstalled = findRuntime('cpu', defaultCacheFolder()) !== null

export async function testBackend(
  rung: Rung = (process.env['LATENT_TEST_RUNG'] as Rung | undefined) ?? 'js',
): Promise<Backend> {
  return activateRung(rung, { cacheFolder: defaultCacheFolder() })
}
