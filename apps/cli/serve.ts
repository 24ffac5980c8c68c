// latent serve: the studio for a browser, on this machine's loopback address; here or through an
// ssh tunnel.
import { wholeNumber, type Call, type Command } from './command.ts'
import { dataFolderGiven } from './folder.ts'

export const serve: Command = {
  name: 'serve',
  summary: 'Serve Latent Studio to a browser until Ctrl-C, and print its address.',
  about:
    'The server listens on 127.0.0.1 only. From another machine: ssh -L PORT:127.0.0.1:PORT HOST, then open the printed address. Runs still training when the server ends are stopped with a checkpoint.',
  arguments: [],
  flags: [
    { name: 'port', value: 'N', help: 'Port to listen on. (the previous port, or a free one)' },
    { name: 'no-warm', help: 'Do not keep a training process ready for the next run.' },
  ],
  examples: ['latent serve', 'latent serve --port 8080'],
  run: async (call: Call) => {
    const port = wholeNumber(call.flags, 'port', 0, 0, 65_535)
    const print = (line: string) => call.terminal.print(line)
    const { buildWhereNeeded } = await import('../buildPages.ts')
    await buildWhereNeeded((line) => call.terminal.note(line))
    const { serve: startServing } = await import('../loopbackServer.ts')
    const { url, studio, done } = await startServing({
      dataFolder: await dataFolderGiven(call.flags),
      port,
      print,
      warm: !call.flags.on('no-warm'),
    })
    call.terminal.document({ url, owner: studio !== null })
    await done
  },
}
