// A real studio (store, service, loopback server) in a folder of its own whose hosts follow
// scriptedHost.ts.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { forkNode } from '../../main/service/launch.ts'
import { createStudio, type Studio, type StudioOptions } from '../../main/studio.ts'
import type { Client } from '../../preload/contract/client.ts'
import type { Run, RunStatus } from '../../preload/contract/records.ts'
import type { scripts } from './scriptedHost.ts'

const program = join(import.meta.dirname, 'scriptedHost.ts')

export interface Scripted {
  studio: Studio
  client: Client
  folder: string
  /** Closes the studio and opens another one on the same folder. */
  reopen(): Promise<void>
  end(): Promise<void>
}

export async function scriptedStudio(options: Partial<StudioOptions> = {}): Promise<Scripted> {
  const folder = mkdtempSync(join(tmpdir(), 'latent-studio-test-'))
  const open = () =>
    createStudio({
      dataFolder: folder,
      cacheFolder: join(folder, 'cache'),
      fork: forkNode(program),
      shell: 'serve',
      pages: new Map(),
      ...options,
    })
  const studio = await open()
  const scripted: Scripted = {
    studio,
    client: studio.connect(),
    folder,
    async reopen() {
      await scripted.studio.close()
      scripted.studio = await open()
      scripted.client = scripted.studio.connect()
    },
    async end() {
      await scripted.studio.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return scripted
}

/** Starts a run that follows a script. */
export function startScript(
  client: Client,
  seed: (typeof scripts)[keyof typeof scripts],
  length = 300,
  name?: string,
): Promise<Run> {
  return client.runs.create({
    config: { seed, length, lengthUnit: 'steps' },
    ...(name ? { name } : {}),
  })
}

/**
 * Waits until a run has one of these statuses (at least at `step`); fails after `limit`
 * milliseconds, saying what it found.
 */
export async function until(
  client: Client,
  run: string,
  statuses: RunStatus[],
  limit = 10_000,
  step = 0,
): Promise<Run> {
  const end = Date.now() + limit
  for (;;) {
    const found = await client.runs.get({ run })
    if (statuses.includes(found.status) && found.step >= step) return found
    if (Date.now() > end)
      throw new Error(
        `expected ${statuses.join(' or ')}, found ${found.status} at step ${found.step}: ${found.statusReason}`,
      )
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
