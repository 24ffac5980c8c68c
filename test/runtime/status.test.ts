// What is told of the native runtimes of this machine: one that is damaged is a line with its
// problem, not an error.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { runtimeFolder } from '../../main/runtime/install.ts'
import { entryFor } from '../../main/runtime/runtimeManifest.ts'
import { runtimeStatus } from '../../main/runtime/status.ts'
import { needing } from '../kit/needing.ts'

const { test } = needing(
  entryFor('cpu') === undefined ? 'no native runtime is offered for this system' : undefined,
)

test('a damaged installed.json is the problem of its variant alone', async () => {
  const cache = mkdtempSync(join(tmpdir(), 'latent-status-'))
  try {
    expect(
      (await runtimeStatus(cache)).every(
        ({ installed, problem }) => !installed && problem === undefined,
      ),
    ).toBe(true)
    const folder = runtimeFolder(cache, entryFor('cpu')!)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'installed.json'), '{"format":1,')
    const status = await runtimeStatus(cache)
    expect(status.find(({ variant }) => variant === 'cpu')).toMatchObject({
      installed: false,
      folder,
      problem: expect.stringMatching(/installed\.json.*latent runtime install/) as string,
    })
    expect(
      status
        .filter(({ variant }) => variant !== 'cpu')
        .every(({ problem }) => problem === undefined),
    ).toBe(true)
  } finally {
    rmSync(cache, { recursive: true, force: true })
  }
})
