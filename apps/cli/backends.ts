// latent backends: the backend list, which one is used, and why each faster one is not.
import type { LadderReport } from '../../preload/contract/records.ts'
import type { Call, Command } from './command.ts'
import { table } from './numbers.ts'
import { withSession } from './session.ts'

export const backends: Command = {
  name: 'backends',
  summary: 'Show which backend is used (cuda, tensorflow, wasm or js) and why faster ones are not.',
  arguments: [],
  flags: [{ name: 'force', help: 'Test again instead of using stored results.' }],
  examples: ['latent backends'],
  onlyPrints: true,
  run: (call: Call) =>
    withSession(call, async ({ client }) => {
      call.terminal.progress('testing each backend…')
      const report = await client.system.backends({ force: call.flags.on('force') })
      call.terminal.settle()
      call.terminal.print(ladder(report))
      call.terminal.document(report)
    }),
}

export function ladder(report: LadderReport): string {
  const rows = report.ladder.map((rung) => [
    rung.rung === report.active ? '>' : '',
    rung.rung,
    rung.ok ? 'works' : 'no',
    rung.reason,
  ])
  return table(['', 'rung', '', ''], rows).replace(/^.*\n/, '')
}
