// The one connection to the program's other half: a MessagePort handed over by Electron's preload, or a WebSocket to
// the loopback shell that served this page. Calls made while it is down wait for the next connection.
import { createORPCClient, type ClientLink } from '@orpc/client'
import { RPCLink as PortLink } from '@orpc/client/message-port'
import { RPCLink as SocketLink } from '@orpc/client/websocket'
import type { ContractRouterClient } from '@orpc/contract'
import type { Contract } from '../../preload/contract/index.ts'

export type Client = ContractRouterClient<Contract>
export type ConnectionStatus = 'connecting' | 'open' | 'lost'
type Link = ClientLink<Record<never, never>>

const firstDelay = 200 // milliseconds; doubled after each failure
const longestDelay = 5000

class Connection {
  /** `lost` once a connection that was open is gone; `connecting` until the first one. */
  status = $state<ConnectionStatus>('connecting')
  /** Goes up with every new connection: followers resynchronise when it changes. */
  generation = $state(0)
  #link: Link | null = null
  #waiting: ((link: Link) => void)[] = []
  #failures = 0
  #onOpen = new Set<() => void>()

  start(): void {
    if (navigator.userAgent.includes('Electron/')) this.#awaitPort()
    else this.#openSocket()
  }

  /** The link in use, as soon as there is one. */
  link(): Promise<Link> {
    if (this.#link) return Promise.resolve(this.#link)
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** Calls back at every new connection (and at once when one is open); returns how to stop that. */
  onOpen(listener: () => void): () => void {
    this.#onOpen.add(listener)
    if (this.#link) listener()
    return () => this.#onOpen.delete(listener)
  }

  #opened(link: Link): void {
    this.#link = link
    this.#failures = 0
    this.status = 'open'
    this.generation += 1
    for (const resolve of this.#waiting.splice(0)) resolve(link)
    for (const listener of this.#onOpen) listener()
  }

  #closed(): void {
    this.#link = null
    if (this.status === 'open') this.status = 'lost'
  }

  // The preload posts one fresh port to its own window at every load of the page.
  #awaitPort(): void {
    addEventListener('message', (event) => {
      const port = event.ports[0]
      if (event.source !== window || !port) return
      port.addEventListener('close', () => this.#closed())
      port.start()
      this.#opened(new PortLink({ port }))
    })
  }

  #openSocket(): void {
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`)
    // array buffers, not blobs: reading a blob is asynchronous and could reorder messages
    socket.binaryType = 'arraybuffer'
    const link = new SocketLink({ websocket: socket })
    socket.addEventListener('open', () => this.#opened(link))
    socket.addEventListener('close', () => {
      this.#closed()
      const delay = Math.min(longestDelay, firstDelay * 2 ** this.#failures++)
      // up to a quarter longer at random, so that many windows do not come back at the same moment
      setTimeout(() => this.#openSocket(), delay * (1 + Math.random() / 4))
    })
  }
}

export const connection = new Connection()

/** Every procedure of the contract. Never recreated: the link behind it changes when the connection does. */
export const client: Client = createORPCClient<Client>({
  call: async (path, input, options) => (await connection.link()).call(path, input, options),
})
