// Coming back after a restart: the page that was open gets in, and nobody else does: not with what
// he heard on the wire, not by taking the port in between, not by passing proofs on. Attempts are
// counted: accepted 0.
import { createHmac } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { keepPageSecret, pageSecretPath, readPageSecret } from '../../main/service/pageSecret.ts'
import { Comeback } from '../../main/transport/pageReturn.ts'
import { newToken } from '../../main/transport/pageAccess.ts'
import { scriptedStudio, type Scripted } from '../service/scriptedStudio.ts'

interface Reply {
  status: number
  cookie: string | undefined
  answer: Record<string, unknown>
}

function post(port: number, body: unknown, headers: Record<string, string> = {}): Promise<Reply> {
  const own = { host: `127.0.0.1:${port}`, origin: `http://127.0.0.1:${port}`, ...headers }
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, path: '/comeback', method: 'POST', headers: own },
      (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString()))
        response.on('end', () => {
          const answer = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {}
          resolve({
            status: response.statusCode ?? 0,
            cookie: response.headers['set-cookie']?.[0]?.split(';')[0],
            answer,
          })
        })
      },
    )
    sent.on('error', reject).end(typeof body === 'string' ? body : JSON.stringify(body))
  })
}

/** What the exchange of the token gives a page. */
async function exchange({
  port,
  token,
}: {
  port: number
  token: string
}): Promise<{ cookie: string; ticket: string }> {
  const { headers } = await fetch(`http://127.0.0.1:${port}/?token=${token}`, {
    redirect: 'manual',
  })
  const ticket = new URL(headers.get('location')!, 'http://localhost').searchParams.get('ticket')!
  return { cookie: headers.get('set-cookie')!.split(';')[0]!, ticket }
}

interface Key {
  id: string
  key: string
  port: number
}

const prove = (
  { key }: Pick<Key, 'key'>,
  who: string,
  port: number,
  first: string,
  second: string,
) =>
  createHmac('sha256', Buffer.from(key, 'base64url'))
    .update(`${who} ${port} ${first} ${second}`)
    .digest('base64url')

const nonce = 'n'.repeat(22)
const keyFrom = (comeback: Comeback) => comeback.giveKey(comeback.ticket)!

/** As a page does; the answer with the cookie, or undefined when it was refused. */
async function comeBack(port: number, key: Key): Promise<Reply | undefined> {
  const greeting = await post(port, { step: 'greet', id: key.id, nonce })
  if (greeting.status !== 200) return undefined
  const own = String(greeting.answer['nonce'])
  if (greeting.answer['proof'] !== prove(key, 'server', port, nonce, own)) return undefined
  const proof = prove(key, 'page', port, own, nonce)
  return post(port, { step: 'enter', id: key.id, nonce: own, proof })
}

let scripted: Scripted
let key: Key
let old: { cookie: string; ticket: string }
beforeAll(async () => {
  scripted = await scriptedStudio({
    pages: new Map([['/', { body: Buffer.from('page'), type: 'text/html' }]]),
  })
  const { port } = scripted.studio
  old = await exchange(scripted.studio)
  key = (await post(port, { step: 'key', ticket: old.ticket }, { cookie: old.cookie }))
    .answer as unknown as Key
  await scripted.reopen()
}, 30_000)
afterAll(() => scripted.end())

const page = async (cookie: string) =>
  (await fetch(`http://127.0.0.1:${scripted.studio.port}/`, { headers: { cookie } })).status

describe('after a restart', () => {
  it('the port is the one of before, the token is not, and the cookie of before is worth nothing', async () => {
    expect(scripted.studio.port).toBe(key.port)
    expect(await page(old.cookie)).toBe(401)
  })

  it('a page that was open comes back, with a cookie of the new process', async () => {
    const { cookie, answer } = (await comeBack(key.port, key))!
    expect(cookie).not.toBe(old.cookie)
    expect(await page(cookie!)).toBe(200)
    // and can come back after the next restart too
    const again = await post(
      key.port,
      { step: 'key', ticket: answer['ticket'] },
      { cookie: cookie! },
    )
    expect(again.answer).toMatchObject({ port: key.port })
  })

  it('the next restart finds it again, and a port that somebody took is left to him', async () => {
    await scripted.studio.close()
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(key.port, '127.0.0.1', resolve))
    await scripted.reopen()
    expect(scripted.studio.port).not.toBe(key.port)
    taken.close()
  }, 30_000)
})

describe('nobody else gets in', () => {
  let accepted: string[]
  let attempts = 0
  beforeEach(() => (accepted = []))
  afterEach(() => expect(accepted).toEqual([]))
  afterAll(() => console.log(`comeback: attempts ${attempts}, accepted 0`))
  const attempt = (what: string, reply: { status: number; cookie?: string | undefined }) => {
    attempts += 1
    if (reply.status === 200 || reply.cookie !== undefined) accepted.push(what)
  }
  const greet = async (id = key.id) =>
    String((await post(scripted.studio.port, { step: 'greet', id, nonce })).answer['nonce'])
  const enter = (own: string, proof: string, headers: Record<string, string> = {}, id = key.id) =>
    post(scripted.studio.port, { step: 'enter', id, nonce: own, proof }, headers)
  const goodProof = (own: string, port = scripted.studio.port) =>
    prove(key, 'page', port, own, nonce)

  it('without the cookie and the ticket there is no key', async () => {
    const { port, token } = scripted.studio
    const { cookie, ticket } = await exchange(scripted.studio)
    const asked = { step: 'key', ticket }
    attempt('no cookie', await post(port, asked))
    attempt('old cookie', await post(port, asked, { cookie: old.cookie }))
    attempt('token instead', await post(port, asked, { authorization: `Bearer ${token}` }))
    // who was sent the cookie because he has another port of this machine has no more than that
    attempt('no ticket', await post(port, { step: 'key' }, { cookie }))
    attempt('empty ticket', await post(port, { step: 'key', ticket: '' }, { cookie }))
    attempt(
      'guessed ticket',
      await post(port, { step: 'key', ticket: newToken().slice(0, 22) }, { cookie }),
    )
    attempt('old ticket', await post(port, { step: 'key', ticket: old.ticket }, { cookie }))
    attempt('foreign origin', await post(port, asked, { cookie, origin: 'http://evil.example' }))
    attempt(
      'page of another port',
      await post(port, asked, { cookie, origin: `http://127.0.0.1:${port + 1}` }),
    )
    attempt('origin null', await post(port, asked, { cookie, origin: 'null' }))
    attempt(
      'foreign host',
      await post(port, asked, { cookie, host: 'evil.example', origin: 'http://evil.example' }),
    )
    expect((await post(port, asked, { cookie })).status).toBe(200)
  })

  it('no proof, a guessed one, the server’s own, one heard before', async () => {
    attempt('greeting of nobody', await enter(nonce, goodProof(nonce)))
    attempt('empty proof', await enter(await greet(), ''))
    attempt('guess', await enter(await greet(), newToken()))
    const { port } = scripted.studio
    const greeting = await post(port, { step: 'greet', id: key.id, nonce })
    const own = String(greeting.answer['nonce'])
    attempt('the server’s proof', await enter(own, String(greeting.answer['proof'])))
    attempt('good proof after a wrong one', await enter(own, goodProof(own)))
    const used = await greet()
    expect((await enter(used, goodProof(used))).status).toBe(200)
    attempt('the same again', await enter(used, goodProof(used)))
    attempt('heard, for another greeting', await enter(await greet(), goodProof(used)))
    // to be greeted with what a page will have to prove is no help either
    const wanted = await greet()
    const oracle = await post(port, { step: 'greet', id: key.id, nonce: wanted })
    attempt('the server asked for it', await enter(wanted, String(oracle.answer['proof'])))
  })

  it('another page’s key, one of another folder, one without an age', async () => {
    const other = keyFrom(new Comeback(newToken(), scripted.studio.port))
    const own = await greet(other.id)
    attempt(
      'another folder',
      await enter(own, prove(other, 'page', scripted.studio.port, own, nonce), {}, other.id),
    )
    const own2 = await greet()
    attempt('another id', await enter(own2, goodProof(own2), {}, other.id))
    for (const id of [
      '',
      'x',
      `9999999999999.${'a'.repeat(22)}`,
      `0000000000000.${'a'.repeat(22)}`,
      `-000000000001.${'a'.repeat(22)}`,
    ])
      attempt(`id ${id}`, await post(scripted.studio.port, { step: 'greet', id, nonce }))
  })

  it('a page of another origin or name', async () => {
    for (const headers of [
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { origin: `https://127.0.0.1:${scripted.studio.port}` },
      { host: 'evil.example', origin: 'http://evil.example' },
      { host: '127.0.0.1.evil.com', origin: 'http://127.0.0.1.evil.com' },
    ]) {
      const own = await greet()
      attempt(JSON.stringify(headers), await enter(own, goodProof(own), headers))
    }
  })

  it('a stranger on the page’s port who passes everything on to the server elsewhere', async () => {
    const stranger = createServer()
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve))
    const strangersPort = (stranger.address() as AddressInfo).port
    const own = await greet()
    // the page proves for the port it sees; host and origin are what the stranger makes of them
    attempt('passed on', await enter(own, goodProof(own, strangersPort)))
    const host = `127.0.0.1:${strangersPort}`
    const again = await greet()
    attempt(
      'passed on as it came',
      await enter(again, goodProof(again, strangersPort), { host, origin: `http://${host}` }),
    )
    stranger.close()
  })

  it('what is no question', async () => {
    const { port } = scripted.studio
    for (const body of [
      '',
      'null',
      '[]',
      '{"step":"enter"}',
      '{"step":"open"}',
      `{"step":"key","x":"${'x'.repeat(2000)}"}`,
      '\u0000',
    ])
      attempt(body.slice(0, 20), await post(port, body))
    attempt('GET', await fetch(`http://127.0.0.1:${port}/comeback`))
  })

  it('after 30 days, or when its greeting is half a minute old', () => {
    let now = Date.now()
    const comeback = new Comeback(newToken(), 1, () => now)
    const mine = keyFrom(comeback)
    const early = comeback.greet(mine.id, nonce)!
    now += 31_000
    attempt('late', {
      status: comeback.enter(mine.id, early.nonce, prove(mine, 'page', 1, early.nonce, nonce))
        ? 200
        : 401,
    })
    now += 29 * 24 * 3600_000
    expect(comeback.greet(mine.id, nonce)).not.toBeNull()
    now += 24 * 3600_000
    attempt('old', { status: comeback.greet(mine.id, nonce) ? 200 : 401 })
  })

  it('a flood of greetings keeps only the newest', () => {
    const comeback = new Comeback(newToken(), 1)
    const mine = keyFrom(comeback)
    const greetings = Array.from({ length: 1000 }, () => comeback.greet(mine.id, nonce)!)
    const enters = greetings.map(({ nonce: own }) =>
      comeback.enter(mine.id, own, prove(mine, 'page', 1, own, nonce)),
    )
    expect(enters.filter(Boolean).length).toBeLessThanOrEqual(256)
    expect(enters.at(-1)).toBe(true)
  })
})

describe('the secret of a data folder', () => {
  let folder: string
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'latent-pages-test-'))))
  afterEach(() => rmSync(folder, { recursive: true, force: true }))
  const kept = async () => {
    const made = await readPageSecret(folder)
    await keepPageSecret(folder, { ...made, port: 4321 })
    return made.secret
  }

  it('is kept with the port, readable by its user alone', async () => {
    const secret = await kept()
    expect(await readPageSecret(folder)).toMatchObject({ secret, port: 4321 })
    if (process.platform !== 'win32')
      expect(statSync(pageSecretPath(folder)).mode & 0o777).toBe(0o600)
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32)
  })

  it('is new after 30 days, when others could read it, when it is damaged, and in a copy of the folder', async () => {
    const secret = await kept()
    expect((await readPageSecret(folder, Date.now() + 31 * 24 * 3600_000)).secret).not.toBe(secret)
    const copy = `${folder}-copy`
    cpSync(folder, copy, { recursive: true })
    expect(await readPageSecret(copy)).toMatchObject({
      port: null,
      secret: expect.not.stringMatching(secret),
    })
    rmSync(copy, { recursive: true })
    const text = readFileSync(pageSecretPath(folder), 'utf8')
    writeFileSync(pageSecretPath(folder), text.slice(0, -10))
    expect((await readPageSecret(folder)).secret).not.toBe(secret)
    writeFileSync(pageSecretPath(folder), text)
    expect((await readPageSecret(folder)).secret).toBe(secret)
    if (process.platform === 'win32') return
    chmodSync(pageSecretPath(folder), 0o644)
    expect((await readPageSecret(folder)).secret).not.toBe(secret)
  })
})
