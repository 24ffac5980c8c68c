// A page's port joined to the loopback server of another owner: a program that finds the data folder owned never opens
// the database, it passes its pages' messages on. Both carriers carry the same messages, so nothing is decoded here.
import { WebSocket } from 'ws'
import type { Message } from './carrier.ts'
import { portCarrier, type Port } from './port.ts'

/** Joins `port` to the server at `url` (with its token). Either end closing closes the other. */
export function bridge(port: Port, url: string): void {
  const page = portCarrier(port)
  const socket = new WebSocket(url, { perMessageDeflate: false })
  const early: Message[] = []
  page.onMessage((message) => {
    if (socket.readyState === socket.CONNECTING) early.push(message)
    else if (socket.readyState === socket.OPEN) socket.send(message)
  })
  socket.on('open', () => early.splice(0).forEach((message) => socket.send(message)))
  // a copy: a Buffer may be a window onto memory that ws uses again
  socket.on('message', (data: Buffer, isBinary) => void page.send(isBinary ? new Uint8Array(data) : data.toString()))
  socket.on('close', () => page.drop('the owner closed the connection'))
  // 'close' follows and tells the page
  socket.on('error', () => undefined)
  page.onClose(() => socket.close())
}
