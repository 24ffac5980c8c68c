// latent resume: continues a run from its pause or its last usable checkpoint, and shows it until
// it ends.
import type { Client } from '../../preload/contract/client.ts'
import type { Call, Command } from './command.ts'
import { followRun } from './follow.ts'
import { count } from './numbers.ts'
import { withSession } from './session.ts'
import { report } from './train.ts'

// The steps after the last usable checkpoint were stored, and are taken back once the trainer is
// ready.
async function lastKept(client: Client, run: string): Promise<number> {
  const usable = (await client.runs.checkpoints({ run })).filter(
    ({ usable, reason }) => usable && reason !== 'frame',
  )
  return Math.max(0, ...usable.map(({ step }) => step))
}

export const resume: Command = {
  name: 'resume',
  summary: 'Continue a run from its last checkpoint.',
  about:
    'Steps after that checkpoint are repeated. The results are bit-identical when backend, mode and threads are the same.',
  arguments: [
    { name: 'RUN', required: true, help: 'Run id or its first characters, exact name, or "last".' },
  ],
  flags: [],
  examples: ['latent resume last'],
  run: (call: Call) =>
    withSession(
      call,
      async ({ client, dataFolder }) => {
        const begin = async () => {
          const before = await client.runs.get({ run: call.arguments[0]! })
          const run = await client.runs.resume({ run: before.id })
          const from = before.status === 'paused' ? before.step : await lastKept(client, run.id)
          call.terminal.note(
            `run ${run.id} "${run.name}" continues from step ${count(from)} of ${count(run.totalSteps)}`,
          )
          return run
        }
        report(call, await followRun(client, begin, call.terminal), dataFolder)
      },
      { once: true },
    ),
}
