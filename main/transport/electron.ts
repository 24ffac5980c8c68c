// The two lines that only Electron draws: a MessagePort to each page that main itself loaded, and host processes forked
// as utility processes (with the runAsNode fuse off, child_process cannot fork inside a packaged app).
import { MessageChannelMain, utilityProcess, type BrowserWindow, type IpcMainEvent, type MessagePortMain } from 'electron'
import type { FromHost, HostPort, ToHost } from '../host/protocol.ts'

/** Gives every load of the window's page a fresh port, and closes the one of the load before. */
export function handOverPorts(window: BrowserWindow, origin: string, connect: (port: MessagePortMain) => void): void {
  let current: MessagePortMain | undefined
  const { ipc } = window.webContents
  ipc.on('studio:connect', (event) => {
    if (!sentByOurPage(event, window, origin)) return
    current?.close()
    const { port1, port2 } = new MessageChannelMain()
    current = port1
    connect(port1)
    port1.start()
    event.senderFrame?.postMessage('studio:port', null, [port2])
  })
  window.once('closed', () => current?.close())
}

/** Only the main frame of this window, and only while it shows our own pages. */
function sentByOurPage(event: IpcMainEvent, window: BrowserWindow, origin: string): boolean {
  const frame = event.senderFrame
  return frame !== null && frame === window.webContents.mainFrame && frame.origin === origin
}

/** Starts the host program `file` in a role. Typed arrays travel as copies: a transferred ArrayBuffer would be lost. */
export function forkHost(file: string, role: 'trainer' | 'viewer'): HostPort {
  const child = utilityProcess.fork(file, [role], { serviceName: `Latent Studio ${role}` })
  const waiting: ToHost[] = []
  let spawned = false
  let fatal = ''
  child.once('spawn', () => {
    spawned = true
    for (const message of waiting.splice(0)) child.postMessage(message)
  })
  child.on('error', (type, location) => (fatal = `${type} at ${location}`))
  return {
    get pid() {
      return child.pid ?? null
    },
    send: (message) => (spawned ? child.postMessage(message) : void waiting.push(message)),
    onMessage: (listener) => void child.on('message', (message: FromHost) => listener(message)),
    onExit: (listener) => void child.once('exit', (code) => listener(fatal || `exit code ${code}`, code === 0)),
    kill: () => void child.kill(),
  }
}
