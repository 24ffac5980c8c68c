// latent runtime: the native library that trains fastest; status, and its installation with
// progress.
import { StudioError } from '../../preload/contract/errors.ts'
import type { Client } from '../../preload/contract/client.ts'
import type { Call, Command } from './command.ts'
import { withJob } from './job.ts'
import { bytes } from './numbers.ts'
import { withSession } from './session.ts'

export const runtime: Command = {
  name: 'runtime',
  summary: 'Show or install the native runtime.',
  about:
    'The native runtime (TensorFlow) trains several times faster than WebAssembly. It is downloaded with pip, verified, built and stored in a folder of your account. Training also works without it.',
  arguments: [{ name: 'ACTION', required: true, help: 'status or install.' }],
  flags: [{ name: 'cuda', help: 'Use the variant for NVIDIA GPUs.' }],
  examples: ['latent runtime status', 'latent runtime install', 'latent runtime install --cuda'],
  run: (call: Call) => {
    const action = call.arguments[0]
    if (action !== 'status' && action !== 'install')
      throw new StudioError('bad-input', `runtime: expected status or install, found "${action}".`)
    return withSession(call, async ({ client }) => {
      if (action === 'status') return report(call, client)
      const variant = call.flags.on('cuda') ? 'cuda' : 'cpu'
      await withJob(client, call.terminal, { kind: 'runtime', variant }, () => report(call, client))
    })
  },
}

async function report(call: Call, client: Client): Promise<void> {
  const runtimes = await client.system.runtime()
  call.terminal.print(
    runtimes
      .map(
        (one) =>
          `${one.variant.padEnd(5)} ${one.installed ? `${one.version}, ${bytes(one.bytes)}, ${one.folder}` : `not installed${one.problem ? `: ${one.problem}` : ''}`}`,
      )
      .join('\n'),
  )
  call.terminal.document({ runtimes })
}
