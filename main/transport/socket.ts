// The loopback server: pages over HTTP and the contract over WebSocket at /rpc, on 127.0.0.1 alone.
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { maxMessageBytes } from '../../preload/contract/client.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import {
  addressOf,
  bearsCookie,
  bearsToken,
  createAccess,
  isLoopbackHost,
  isOwnOrigin,
  newToken,
  type Access,
} from './pageAccess.ts'
import { serve, type Carrier, type Handler, type Message } from './carrier.ts'
import { Comeback } from './pageReturn.ts'
import { answerPage, type Pages } from './pages.ts'

/** Connected clients at most; an upgrade more is refused. */
const mostClients = 64
const heartbeat = 20_000
/**
 * Milliseconds without any sign of a client after which it is taken for gone: a slow one reads what
 * came before the ping first.
 */
const silence = 5 * 60_000
/** A client that reads takes so many bytes in its patience. */
const leastRead = 512 * 1024
const maxHeaderBytes = 16 * 1024

export interface SocketOptions {
  handler: Handler
  /** 0 takes `lastPort` where it is free, else any. */
  port: number
  lastPort?: number | null
  pages: Pages
  token?: string | undefined
  /** Of the data folder, for pages that were open before; missing: those of this process alone. */
  pageSecret?: string | undefined
  /**
   * Milliseconds in which a client reads a message (of more than 512 KiB: each 512 KiB of it), or
   * is dropped.
   */
  patience: number
}

export interface SocketServer {
  readonly port: number
  readonly token: string
  /** Connected clients. */
  readonly clients: number
  close(): Promise<void>
}

/** Throws `port-in-use`. */
export async function listen(options: SocketOptions): Promise<SocketServer> {
  const access = createAccess(options.token)
  const http = createServer(
    { maxHeaderSize: maxHeaderBytes, headersTimeout: 10_000, requestTimeout: 10_000 },
    (request, response) => answerPage(door, request, response),
  )
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
  })
  http.on('upgrade', (request, stream, head) => {
    stream.on('error', () => stream.destroy())
    const refusal =
      upgradeRefusal(access, request) ??
      (sockets.clients.size >= mostClients ? '503 Service Unavailable' : null)
    if (refusal) return refuse(stream, refusal)
    sockets.handleUpgrade(
      request,
      stream,
      head,
      (socket) => void serve(options.handler, socketCarrier(socket, options.patience)),
    )
  })
  const port = await bindAny(http, options)
  // set before any request is read: those come in later turns
  const door = {
    access,
    pages: options.pages,
    comeback: new Comeback(options.pageSecret ?? newToken(), port),
  }
  const pulse = setInterval(() => sockets.clients.forEach(checkPulse), heartbeat)
  pulse.unref()
  return {
    port,
    token: access.token,
    get clients() {
      return sockets.clients.size
    },
    async close() {
      clearInterval(pulse)
      for (const socket of sockets.clients) socket.close(1001, 'closing')
      const closed = new Promise<void>((resolve) => http.close(() => resolve()))
      // a client that does not answer the goodbye does not hold us up
      setTimeout(() => sockets.clients.forEach((socket) => socket.terminate()), 300).unref()
      http.closeAllConnections()
      await closed
    },
  }
}

async function bindAny(http: Server, { port, lastPort }: SocketOptions): Promise<number> {
  if (port !== 0 || !lastPort) return bind(http, port)
  // another program may have taken it
  return bind(http, lastPort).catch(() => bind(http, 0))
}

function bind(http: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => {
      const found = error.code === 'EADDRINUSE' ? 'another program uses it' : error.message
      reject(
        new StudioError(
          'port-in-use',
          `Expected to listen on port ${port}, found that ${found}. Choose another with --port, or leave out --port to use a free one.`,
          { port, code: error.code },
        ),
      )
    }
    http.once('error', onError)
    http.listen(port, '127.0.0.1', () => {
      http.off('error', onError)
      resolve((http.address() as AddressInfo).port)
    })
  })
}

/** Why a WebSocket is refused, as an HTTP status; null when it is welcome. */
function upgradeRefusal(
  access: Access,
  request: IncomingMessage,
): '401 Unauthorized' | '403 Forbidden' | '404 Not Found' | null {
  if (!isLoopbackHost(request.headers.host)) return '403 Forbidden'
  if (addressOf(request).pathname !== '/rpc') return '404 Not Found'
  // a page must name its origin, and it must be ours; only a program with the token may leave it
  // out
  if (request.headers.origin !== undefined && !isOwnOrigin(request)) return '403 Forbidden'
  if (bearsToken(access, request)) return null
  if (request.headers.origin === undefined) return '403 Forbidden'
  return bearsCookie(access, request) ? null : '401 Unauthorized'
}

function refuse(stream: Duplex, status: string): void {
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

const heardAt = new WeakMap<WebSocket, number>()

// What waits for the client is watched where it is sent; one that we do not read cannot answer.
function checkPulse(socket: WebSocket): void {
  if (socket.isPaused || socket.bufferedAmount > 0) heardAt.set(socket, Date.now())
  if (Date.now() - (heardAt.get(socket) ?? 0) > silence) return socket.terminate()
  socket.ping()
}

function socketCarrier(socket: WebSocket, patience: number): Carrier {
  heardAt.set(socket, Date.now())
  for (const sign of ['pong', 'message'] as const)
    socket.on(sign, () => heardAt.set(socket, Date.now()))
  // too large a message, or a broken frame: ws closes the connection itself
  socket.on('error', () => undefined)
  return {
    send: sender(socket, patience),
    onMessage: (listener) =>
      void socket.on('message', (data: Buffer, isBinary) =>
        listener(isBinary ? data : data.toString()),
      ),
    onClose: (listener) => void socket.on('close', listener),
    drop(reason) {
      // to hear the client's goodbye
      socket.resume()
      socket.close(1008, reason)
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  }
}

// Each message resolves when it has left for the network. They leave in order; when the first of
// those that wait does not leave in time, the client does not read.
function sender(socket: WebSocket, patience: number): (message: Message) => Promise<void> {
  const waiting: number[] = [] // bytes of each
  let timer: NodeJS.Timeout | undefined
  const watch = () => {
    clearTimeout(timer)
    const [first] = waiting
    if (first === undefined) return
    timer = setTimeout(
      () => socket.terminate(),
      patience * Math.max(1, Math.ceil(first / leastRead)),
    )
  }
  socket.on('close', () => clearTimeout(timer))
  return (message) =>
    new Promise((resolve) => {
      if (socket.readyState !== socket.OPEN) return resolve()
      waiting.push(typeof message === 'string' ? message.length : message.byteLength)
      if (waiting.length === 1) watch()
      socket.send(message, () => {
        waiting.shift()
        watch()
        resolve()
      })
    })
}
