// A MessagePort as a carrier: the browser's, Node's, or Electron's MessagePortMain (an EventEmitter
// whose listeners receive {data}). A port takes messages whether anybody reads or not, so the
// client says how many it has received (contract/client.ts), and what it was sent counts as taken
// from then on.
import type { Carrier, Message } from './carrier.ts'

interface WebPort {
  postMessage(message: unknown): void
  addEventListener(type: 'message' | 'close', listener: (event: { data?: unknown }) => void): void
  start?(): void
  close?(): void
}

interface EmitterPort {
  postMessage(message: unknown): void
  on(type: 'message' | 'close', listener: (event?: { data?: unknown }) => void): unknown
  start?(): void
  close?(): void
}

/** Anything that `attach` takes. */
export type Port = WebPort | EmitterPort

export function portCarrier(port: Port): Carrier {
  const listen = (type: 'message' | 'close', listener: (event?: { data?: unknown }) => void) => {
    if ('addEventListener' in port) port.addEventListener(type, listener)
    else port.on(type, listener)
  }
  // of the messages sent that were not received yet, in order
  const underWay: (() => void)[] = []
  let [sent, closed] = [0, false]
  const received = (count: number) => {
    while (underWay.length > sent - count && underWay.length > 0) underWay.shift()!()
  }
  listen('close', () => {
    closed = true
    received(sent)
  })
  return {
    send(message) {
      if (closed) return Promise.resolve()
      port.postMessage(message)
      sent += 1
      return new Promise((taken) => underWay.push(taken))
    },
    onMessage(listener) {
      listen('message', (event) => {
        if (typeof event?.data === 'number') received(event.data)
        else listener(event?.data as Message)
      })
      port.start?.()
    },
    onClose: (listener) => listen('close', () => listener()),
    drop: () => port.close?.(),
  }
}
