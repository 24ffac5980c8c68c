// latent train: makes a run from a preset and flags, shows it until it ends, and says where it is.
import { resolve } from 'node:path'
import { StudioError } from '../../preload/contract/errors.ts'
import { presetNames, presets } from '../../preload/contract/presets.ts'
import { healthOf } from '../../preload/contract/health.ts'
import type { Run } from '../../preload/contract/records.ts'
import type { Call, Command } from './command.ts'
import { followRun } from './follow.ts'
import { newRunGiven, warningsOf } from './newRun.ts'
import { settingFlags } from './settingFlags.ts'
import { withSession } from './session.ts'
import { runEnd, summary } from './summary.ts'

const about = presetNames.map((name) => `${name}: ${presets[name].about}`).join(' ')

export const train: Command = {
  name: 'train',
  summary: 'Train a new run and show its progress.',
  about: `Without PRESET or --from, every setting has its default, shown in parentheses. Presets: ${about} Ctrl-C stops the run with a checkpoint, and so does closing the terminal or the reader of the output (| head). A second Ctrl-C quits at once. To keep training after the terminal closes, use \`nohup latent train tutorial &\`, or --detach while \`latent serve\` is running.`,
  arguments: [{ name: 'PRESET', required: false, help: `One of ${presetNames.join(', ')}.` }],
  flags: [
    { name: 'name', value: 'TEXT', help: 'Name of the run. (what differs from the preset)' },
    {
      name: 'from',
      value: 'RUN',
      help: 'Start from the settings of an existing run. Flags and --set change them.',
    },
    {
      name: 'detach',
      help: 'Start the run and return; needs another program (such as latent serve) that owns the data folder.',
    },
    ...settingFlags,
  ],
  examples: [
    'latent train tutorial',
    'latent train elbo-2d --epochs 5 --seed 1',
    'latent train --latent-size 8 --set beta=4 --name "beta 4"',
    'latent train --from last --set beta=8',
  ],
  makesFolder: true,
  run: trainRun,
}

async function trainRun(call: Call): Promise<void> {
  const made = newRunGiven(call)
  await withSession(
    call,
    async ({ client, dataFolder, owner }) => {
      if (call.flags.on('detach') && owner)
        throw new StudioError(
          'wrong-state',
          '--detach: expected another program to own the data folder, found none. Start `latent serve` first, or leave out --detach.',
        )
      const begin = async () => {
        const { config, ...rest } = await made(client)
        for (const warning of await warningsOf(client, config))
          call.terminal.note(`warning: ${warning}`)
        const run = await client.runs.create({ config: { ...config }, ...rest })
        call.terminal.note(`run ${run.id} "${run.name}"`)
        return run
      }
      const ended = call.flags.on('detach')
        ? await begin()
        : await followRun(client, begin, call.terminal)
      report(call, ended, dataFolder)
    },
    { once: true },
  )
}

/** Prints how a run ended; what is not a good end becomes the error that the command ends with. */
export function report(call: Call, run: Run, dataFolder: string): void {
  call.terminal.print(summary(run, resolve(dataFolder)))
  call.terminal.document({ run: { ...run, health: healthOf(run) } })
  runEnd(run)
}
