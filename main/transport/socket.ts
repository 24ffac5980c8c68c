// The loopback server: pages over HTTP and the contract over WebSocket at /rpc, on 127.0.0.1 alone.
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { maxMessageBytes } from '../../preload/contract/client.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import { addressOf, bearsCookie, bearsToken, createAccess, isLoopbackHost, isOwnOrigin, type Access } from './access.ts'
import { serve, type Carrier, type Handler, type Message } from './carrier.ts'
import { answerPage, type Pages } from './pages.ts'

/** Bytes waiting for one client at most. */
const maxBuffered = 32 * 1024 * 1024
const heartbeat = 20_000
const maxHeaderBytes = 16 * 1024

export interface SocketOptions {
  handler: Handler
  /** 0 takes a free one. */
  port: number
  pages: Pages
  token?: string | undefined
  /** Milliseconds after which a client that does not read is dropped; it connects again and asks for what it missed. */
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
    (request, response) => answerPage(access, options.pages, request, response),
  )
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes, perMessageDeflate: false })
  http.on('upgrade', (request, stream, head) => {
    stream.on('error', () => stream.destroy())
    const refusal = upgradeRefusal(access, request)
    if (refusal) return refuse(stream, refusal)
    sockets.handleUpgrade(request, stream, head, (socket) => void serve(options.handler, socketCarrier(socket, options.patience)))
  })
  const port = await bind(http, options.port)
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

function bind(http: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => {
      const found = error.code === 'EADDRINUSE' ? 'another program uses it' : error.message
      reject(
        new StudioError(
          'port-in-use',
          `Expected to listen on port ${port}, but ${found}. Choose another with --port, or leave it out to take a free one.`,
          { port, code: error.code },
        ),
      )
    })
    http.listen(port, '127.0.0.1', () => resolve((http.address() as AddressInfo).port))
  })
}

/** Why a WebSocket is refused, as an HTTP status; null when it is welcome. */
function upgradeRefusal(access: Access, request: IncomingMessage): '401 Unauthorized' | '403 Forbidden' | '404 Not Found' | null {
  if (!isLoopbackHost(request.headers.host)) return '403 Forbidden'
  if (addressOf(request).pathname !== '/rpc') return '404 Not Found'
  // a page must name its origin, and it must be ours; only a program with the token may leave it out
  if (request.headers.origin !== undefined && !isOwnOrigin(request)) return '403 Forbidden'
  if (bearsToken(access, request)) return null
  if (request.headers.origin === undefined) return '403 Forbidden'
  return bearsCookie(access, request) ? null : '401 Unauthorized'
}

function refuse(stream: Duplex, status: string): void {
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

const alive = new WeakMap<WebSocket, boolean>()

function checkPulse(socket: WebSocket): void {
  if (alive.get(socket) === false) return socket.terminate()
  alive.set(socket, false)
  socket.ping()
}

function socketCarrier(socket: WebSocket, patience: number): Carrier {
  socket.on('pong', () => alive.set(socket, true))
  // too large a message, or a broken frame: ws closes the connection itself
  socket.on('error', () => undefined)
  return {
    send: (message) => send(socket, message, patience),
    onMessage: (listener) => void socket.on('message', (data: Buffer, isBinary) => listener(isBinary ? data : data.toString())),
    onClose: (listener) => void socket.on('close', listener),
    drop: (reason) => socket.close(1008, reason),
  }
}

// Resolves when the message has left for the network, so a stream makes its next item no sooner than the client takes it.
function send(socket: WebSocket, message: Message, patience: number): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState !== socket.OPEN) return resolve()
    if (socket.bufferedAmount > maxBuffered) {
      socket.terminate()
      return resolve()
    }
    const timer = setTimeout(() => socket.terminate(), patience)
    socket.send(message, () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
