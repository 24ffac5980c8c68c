// The program behind the app's window, without Electron: a real studio whose dialogs answer what a
// test told them, started by desktop.ts in a process of its own. Messages of the page's port come
// and go over the channel to that process.
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { join } from 'node:path'
import { DesktopEvents } from '../../main/service/desktopProcedures.ts'
import { forkNode } from '../../main/service/launch.ts'
import { createStudio } from '../../main/studio.ts'
import type { Port } from '../../main/transport/port.ts'
import type { FromStudio, ToStudio } from './desktop.ts'

const dataFolder = process.argv[2]!
const events = new DesktopEvents()
let answer: string | null = null
const tell = (message: FromStudio) => process.send!(message)
const ask = (dialog: 'save' | 'open') => (question: object) => {
  tell({ kind: 'asked', dialog, question })
  return Promise.resolve(answer)
}
const studio = await createStudio({
  ...{ dataFolder, cacheFolder: join(dataFolder, 'cache'), fork: forkNode(), shell: 'electron' },
  desktop: {
    dialogs: { save: ask('save'), open: ask('open'), openLink: async () => undefined },
    events,
  },
})
let page: MessagePort | undefined

process.on('message', (message: ToStudio) => {
  switch (message.kind) {
    case 'loaded': {
      page?.close()
      const { port1, port2 } = new MessageChannel()
      studio.attach(port1 as unknown as Port)
      port2.on('message', (data: string) => tell({ kind: 'message', data }))
      page = port2
      return
    }
    case 'message':
      return page?.postMessage(message.data)
    case 'answer':
      answer = message.path
      return
    case 'open':
      return events.tell({ kind: 'open-file', path: message.path })
    case 'end':
      return void studio.close().then(() => process.exit(0))
  }
})
tell({ kind: 'ready', url: studio.url })
