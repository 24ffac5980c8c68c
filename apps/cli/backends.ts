// latent backends: the ladder, which rung is in use, and why each higher one was left.
import type { LadderReport } from '../../preload/contract/records.ts'
import type { Call, Command } from './command.ts'
import { table } from './numbers.ts'
import { withSession } from './session.ts'

export const backends: Command = {
  name: 'backends',
  summary: 'Which rung computes (cuda, tensorflow, wasm, js), and why not a higher one.',
  arguments: [],
  flags: [{ name: 'force', help: 'Check again what was found before.' }],
  examples: ['latent backends'],
  onlyPrints: true,
  run: (call: Call) =>
    withSession(call, async ({ client }) => {
      call.terminal.progress('checking each rung with a known answer…')
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
