// The first experiment of an empty store, for a machine without a display: the tutorial's run with
// one progress line, then its manifold as a picture and its frames as a film.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client } from '../preload/contract/client.ts'
import { presets } from '../preload/contract/presets.ts'
import type { Run } from '../preload/contract/records.ts'
import { showRun } from './cli/follow.ts'
import { summary } from './cli/summary.ts'
import type { Terminal } from './cli/terminal.ts'
import { runNode } from './testing/runNode.ts'

/** True when no run was ever made here; what lies in the trash counts. */
export async function storeIsEmpty(client: Client): Promise<boolean> {
  const lists = await Promise.all([
    client.runs.list({ deleted: false }),
    client.runs.list({ deleted: true }),
  ])
  return lists.flat().length === 0
}

/**
 * Trains the tutorial's run to its end, by `steps` when given a shorter one, and writes its two
 * pictures.
 */
export async function trainTutorial(
  client: Client,
  dataFolder: string,
  terminal: Terminal,
  steps?: number,
): Promise<void> {
  const { title, config } = presets.tutorial
  const length = steps ?? config.length
  const created = await client.runs.create({
    config: { ...config, length },
    preset: 'tutorial',
    name: title,
  })
  terminal.note(
    `training the tutorial run, ${created.totalSteps.toLocaleString('en')} steps; watch it in the app (to start without it: npm start -- --no-run)`,
  )
  const run = await showRun(client, created, terminal)
  terminal.print(summary(run, dataFolder))
  if (run.status === 'finished')
    for (const file of await writePictures(run, dataFolder)) terminal.print(file)
}

/** Draws by the command line, which finds this very program as the owner of the data. */
async function writePictures(run: Run, dataFolder: string): Promise<string[]> {
  const folder = join(dataFolder, 'pictures', run.id)
  await mkdir(folder, { recursive: true })
  const lines: string[] = []
  for (const [command, name] of [
    ['manifold', 'manifold.png'],
    ['film', 'film.gif'],
  ] as const) {
    const out = join(folder, name)
    const done = await runNode('apps/launch.mjs', [
      command,
      run.id,
      '--out',
      out,
      '--data',
      dataFolder,
    ])
    lines.push(done.code === 0 ? `${command.padEnd(9)} ${out}` : done.output.trim())
  }
  return lines
}
