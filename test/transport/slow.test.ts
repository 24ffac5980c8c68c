// A client that does not read is dropped, its streams end, and others are served as before; one
// whose line broke connects again by itself.
import { randomBytes } from 'node:crypto'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { socketUrl } from '../../main/studio.ts'
import { connectSocket } from '../../preload/contract/connection.ts'
import { scripts } from '../service/scriptedHost.ts'
import { scriptedStudio, startScript, until, type Scripted } from '../service/scriptedStudio.ts'

let scripted: Scripted
let run: string
beforeAll(async () => {
  scripted = await scriptedStudio({ limits: { reading: 1000 } })
  run = (await startScript(scripted.client, scripts.wellBehaved, 2000)).id
  await until(scripted.client, run, ['finished'], 30_000)
}, 40_000)
afterAll(() => scripted.end())

// A WebSocket by hand (RFC 6455), because a proper client library reads by itself.
async function handshake(): Promise<Socket> {
  const { port, token } = scripted.studio
  const socket = connect(port, '127.0.0.1')
  socket.write(
    `GET /rpc?token=${token} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
  )
  await new Promise((resolve) => socket.once('data', resolve))
  return socket
}

/** A masked text frame of less than 64 KiB; the mask is zero. */
function frame(text: string): Buffer {
  const payload = Buffer.from(text)
  const header =
    payload.length < 126
      ? Buffer.from([0x81, 0x80 | payload.length])
      : Buffer.from([0x81, 0x80 | 126, payload.length >> 8, payload.length & 255])
  return Buffer.concat([header, Buffer.alloc(4), payload])
}

const pong = Buffer.from([0x8a, 0x80, 0, 0, 0, 0])
const follow = (number: number) =>
  frame(
    JSON.stringify({
      i: String(number),
      p: { u: '/runs/follow', b: { json: { run, fromStep: 0 } } },
    }),
  )

it('a client that stops reading is dropped, and others are served meanwhile', async () => {
  const socket = await handshake()
  socket.write(follow(0))
  const first = await new Promise<Buffer>((resolve) => socket.once('data', resolve))
  expect(first.toString('latin1')).toContain('event-stream')
  socket.pause()
  // each follower is sent about 90 kB: together more than the system's buffers of one connection
  // hold
  for (let number = 1; number <= 200; number += 1) socket.write(follow(number))
  const dropped = new Promise<void>((resolve) =>
    socket.once('close', () => resolve()).once('error', () => resolve()),
  )
  const client = scripted.studio.connect()
  // a paused socket learns that it was dropped when it writes
  const writing = setInterval(() => socket.write(pong), 100)
  await Promise.all([dropped, client.runs.get({ run }).then(({ step }) => expect(step).toBe(2000))])
  clearInterval(writing)
  // cut off long before the 18 MB of all followers
  expect(socket.bytesRead).toBeLessThan(15e6)
  socket.destroy()
}, 30_000)

it('a broken line comes back by itself; a call made meanwhile waits for it', async () => {
  const lines = new Set<Socket>()
  const proxy = createServer((inward) => {
    const outward = connect(scripted.studio.port, '127.0.0.1')
    for (const [one, other] of [
      [inward, outward],
      [outward, inward],
    ] as const) {
      lines.add(one)
      one.pipe(other)
      one.on('error', () => other.destroy()).on('close', () => other.destroy())
    }
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const port = (proxy.address() as AddressInfo).port
  const states: string[] = []
  const connection = connectSocket(socketUrl({ port, token: scripted.studio.token }), {
    retry: [50],
  })
  connection.onState((state) => states.push(state))
  const { client } = connection
  const watch = await client.runs.watch()
  const waiting = watch.next()
  for (const line of lines) line.destroy()
  await expect(waiting).rejects.toMatchObject({ code: 'host-failed', data: { disconnected: true } })
  expect((await client.runs.get({ run })).id).toBe(run)
  expect(states).toEqual(['connecting', 'open', 'connecting', 'open'])
  connection.close()
  expect(states.at(-1)).toBe('closed')
  await expect(client.runs.get({ run })).rejects.toMatchObject({ code: 'host-failed' })
  proxy.close()
})
