// latent runs: the list, newest first.
import { healthOf } from '../../preload/contract/health.ts'
import type { RunSummary } from '../../preload/contract/records.ts'
import type { Call, Command } from './command.ts'
import { ago, count, nats, table } from './numbers.ts'
import { withSession } from './session.ts'

export const runs: Command = {
  name: 'runs',
  summary: 'List the runs, newest first.',
  arguments: [],
  flags: [{ name: 'deleted', help: 'List the runs in the trash instead.' }],
  examples: ['latent runs', 'latent runs --json'],
  onlyPrints: true,
  run: (call: Call) =>
    withSession(call, async ({ client }) => {
      const list = await client.runs.list({ deleted: call.flags.on('deleted') })
      call.terminal.print(
        list.length > 0
          ? listing(list)
          : call.flags.on('deleted')
            ? 'The trash is empty.'
            : 'No runs yet. Start with: latent train tutorial',
      )
      call.terminal.document({ runs: list.map((run) => ({ ...run, health: healthOf(run) })) })
    }),
}

/** "finished, collapsed": the status, and what is wrong with the training. */
function statusText(run: RunSummary): string {
  const health = healthOf(run)
  return health && run.status !== 'diverged' ? `${run.status}, ${health.kind}` : run.status
}

function listing(list: RunSummary[]): string {
  const rows = list.map((run) => [
    run.id,
    run.name,
    statusText(run),
    `${count(run.step)}/${count(run.totalSteps)}`,
    run.lastValidation ? nats(run.lastValidation.total) : '-',
    run.bestValidation ? nats(run.bestValidation.total) : '-',
    run.backend ?? '',
    ago(Date.now() - run.createdAt),
  ])
  return table(
    ['id', 'name', 'status', 'steps', 'validation', 'best', 'backend', 'made'],
    rows,
    [3, 4, 5],
  )
}
