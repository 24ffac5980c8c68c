// latent datasets: what can be trained on.
import type { Call, Command } from './command.ts'
import { count, table } from './numbers.ts'
import { withSession } from './session.ts'

export const datasets: Command = {
  name: 'datasets',
  summary: 'List the data sets.',
  arguments: [],
  flags: [],
  examples: ['latent datasets'],
  onlyPrints: true,
  run: (call: Call) =>
    withSession(call, async ({ client }) => {
      const list = await client.data.list()
      const rows = list.map((one) => [
        one.name,
        one.title,
        `${one.width} x ${one.height} x ${one.channels}`,
        count(one.images.train),
        count(one.images.validation),
        count(one.images.test),
        one.licence,
      ])
      call.terminal.print(
        table(['name', '', 'image', 'train', 'validation', 'test', 'licence'], rows, [3, 4, 5]),
      )
      call.terminal.document({ datasets: list })
    }),
}
