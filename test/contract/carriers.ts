// The three ways in which a client reaches a studio: Node's MessageChannel, a pair of EventEmitters
// that behave like Electron's MessagePortMain, and a real WebSocket. Each can also send a raw
// message, as a hostile client would.
import { EventEmitter } from 'node:events'
import { MessageChannel } from 'node:worker_threads'
import { socketUrl, type Studio } from '../../main/studio.ts'
import type { Port } from '../../main/transport/port.ts'
import { connectPort, type Client } from '../../preload/contract/client.ts'
import { connectSocket } from '../../preload/contract/connection.ts'

export interface Connected {
  client: Client
  close(): void
  /**
   * A connection of its own that sends one message as it is; resolves when the studio closed it,
   * rejects after 5 s.
   */
  sendRaw(message: string | Uint8Array): Promise<void>
}

export const carriers: [name: string, connect: (studio: Studio) => Promise<Connected>][] = [
  ['a MessagePort in memory', overChannel],
  ["an EventEmitter port like Electron's", overEmitter],
  ['a WebSocket', overSocket],
]

async function overChannel(studio: Studio): Promise<Connected> {
  const join = () => {
    const { port1, port2 } = new MessageChannel()
    studio.attach(port1 as unknown as Port)
    return port2
  }
  const port = join()
  return {
    client: connectPort(port as unknown as MessagePort),
    close: () => port.close(),
    sendRaw: (message) => {
      const raw = join()
      return closed((done) => {
        raw.on('close', done)
        raw.postMessage(message)
      })
    },
  }
}

async function overEmitter(studio: Studio): Promise<Connected> {
  const join = () => {
    const [inMain, outside] = emitterPair()
    studio.attach(inMain)
    return outside
  }
  const port = join()
  return {
    client: connectPort(port),
    close: () => port.close(),
    sendRaw: (message) => {
      const raw = join()
      return closed((done) => {
        raw.on('close', done)
        raw.postMessage(message)
      })
    },
  }
}

async function overSocket(studio: Studio): Promise<Connected> {
  const connection = connectSocket(socketUrl(studio))
  await new Promise<void>((resolve) =>
    connection.onState((state) => (state === 'open' ? resolve() : undefined)),
  )
  return {
    client: connection.client,
    close: () => connection.close(),
    sendRaw: (message) => {
      const raw = new WebSocket(socketUrl(studio))
      return closed((done) => {
        raw.addEventListener('close', done)
        raw.addEventListener('open', () => raw.send(message as string))
      })
    },
  }
}

function closed(begin: (done: () => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error('expected the connection to be closed within 5 s')),
      5000,
    )
    begin(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/**
 * Like MessagePortMain: postMessage copies, listeners receive {data}, nothing is delivered before
 * start().
 */
class EmitterPort extends EventEmitter {
  other: EmitterPort | undefined
  private started = false
  private readonly waiting: unknown[] = []

  postMessage(message: unknown): void {
    const copy = structuredClone(message)
    setImmediate(() => this.other?.deliver(copy))
  }

  start(): void {
    this.started = true
    for (const message of this.waiting.splice(0)) this.emit('message', { data: message })
  }

  close(): void {
    const { other } = this
    if (!other) return
    this.other = undefined
    other.other = undefined
    setImmediate(() => {
      this.emit('close')
      other.emit('close')
    })
  }

  private deliver(message: unknown): void {
    if (this.started) this.emit('message', { data: message })
    else this.waiting.push(message)
  }
}

function emitterPair(): [EmitterPort, EmitterPort] {
  const [one, two] = [new EmitterPort(), new EmitterPort()]
  one.other = two
  two.other = one
  return [one, two]
}
