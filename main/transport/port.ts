// A MessagePort as a carrier: the browser's, Node's, or Electron's MessagePortMain (an EventEmitter whose listeners
// receive {data}).
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
  return {
    send: (message) => port.postMessage(message),
    onMessage(listener) {
      listen('message', (event) => listener(event?.data as Message))
      port.start?.()
    },
    onClose: (listener) => listen('close', () => listener()),
    drop: () => port.close?.(),
  }
}
