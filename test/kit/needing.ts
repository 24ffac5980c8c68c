// Tests that need something a machine may lack: without it they are skipped, and the skip names the
// reason. `npm test` counts a skip without a reason as a failure, so vitest's skipIf and runIf,
// which give none, are not used.
import { describe, test } from 'vitest'
import { findChromium } from '../../apps/testing/chromium.ts'
import { runtimeInstalled } from './backend.ts'

interface Tests {
  describe: typeof describe
  test: typeof test
}

/**
 * vitest's `describe` and `test`, or, where `missing` says what is not here, ones that skip as a
 * single test.
 */
export function needing(missing: string | undefined): Tests {
  if (missing === undefined) return { describe, test }
  const skip = (title: string): void => test(title, (context) => context.skip(missing))
  const skipping: unknown = Object.assign(skip, {
    each: () => (title: string) => skip(title.replace(/%\w/, 'each')),
  })
  return { describe: skipping as typeof describe, test: skipping as typeof test }
}

export const withRuntime = needing(
  runtimeInstalled ? undefined : 'the native runtime is not installed (npx latent runtime install)',
)

export const withChromium = needing(
  findChromium() === undefined
    ? 'no chromium: install it, or name one in LATENT_CHROMIUM'
    : undefined,
)
