// The loopback server against those who should not get in: other sites, other names for this
// machine, wrong tokens, oversized headers, other methods and paths; and what a proper browser
// gets.
import { request, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket as Socket } from 'ws'
import { contentSecurityPolicy, type Asset } from '../../main/transport/assets.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import { scriptedStudio, type Scripted } from '../service/scriptedStudio.ts'

const page: Asset = {
  body: Buffer.from('<!doctype html><p>the page'),
  type: 'text/html; charset=utf-8',
}
const script: Asset = { body: Buffer.from('let a = 1'), type: 'text/javascript; charset=utf-8' }

let scripted: Scripted
let port: number
let token: string
beforeAll(async () => {
  scripted = await scriptedStudio({
    pages: new Map([
      ['/', page],
      ['/index.html', page],
      ['/assets/main-abc.js', script],
    ]),
  })
  ;({ port, token } = scripted.studio)
})
afterAll(() => scripted.end())

interface Reply {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

// node:http, because fetch does not let a caller choose the Host.
function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      let body = ''
      response
        .on('data', (chunk: Buffer) => (body += chunk.toString()))
        .on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        )
    })
    sent.on('error', reject).end()
  })
}

/** 'open', or the status with which the upgrade was refused. */
function upgrade(path: string, headers: Record<string, string> = {}): Promise<'open' | number> {
  return new Promise((resolve, reject) => {
    const socket = new Socket(`ws://127.0.0.1:${port}${path}`, { headers })
    socket.on('open', () => {
      socket.close()
      resolve('open')
    })
    socket.on('unexpected-response', (_request, response) => {
      resolve(response.statusCode ?? 0)
      response.destroy()
    })
    socket.on('error', reject)
  })
}

const cookie = async () => (await get(`/?token=${token}`)).headers['set-cookie']![0]!.split(';')[0]!

describe('the token', () => {
  it('has at least 128 bits and is new for each studio', async () => {
    expect(Buffer.from(token, 'base64url').length).toBeGreaterThanOrEqual(16)
    const other = await scriptedStudio()
    expect(other.studio.token).not.toBe(token)
    await other.end()
  })

  it('is exchanged for a strict cookie that names the instance, and leaves the address', async () => {
    const { status, headers } = await get(`/?token=${token}&other=1`)
    expect([status, headers.location]).toEqual([
      303,
      expect.stringMatching(/^\/\?other=1&ticket=[\w-]{22}$/),
    ])
    const [set] = headers['set-cookie']!
    expect(set).toMatch(
      /^latent-studio-[0-9a-f]{12}=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/,
    )
    expect(set).not.toContain(token)
  })

  it('never redirects to another host', async () => {
    expect((await get(`//evil.example/?token=${token}`)).headers.location).toMatch(/^\/($|[^/])/)
    expect((await get(`/\\evil.example/?token=${token}`)).headers.location).toMatch(/^\/($|[^/\\])/)
  })

  it('is needed for every page', async () => {
    for (const path of ['/', '/index.html', '/assets/main-abc.js', '/nothing'])
      expect((await get(path)).status).toBe(401)
    expect((await get(`/?token=${token.slice(0, -1)}`)).status).toBe(401)
    expect((await get('/', { authorization: 'Bearer x' })).status).toBe(401)
    expect((await get('/', { cookie: `${(await cookie()).split('=')[0]}=${token}` })).status).toBe(
      401,
    )
    expect((await get('/', { cookie: `x=1; ${await cookie()}` })).status).toBe(200)
    expect((await get('/', { authorization: `Bearer ${token}` })).status).toBe(200)
  })
})

describe('pages', () => {
  it('come with the policy, and without any CORS header', async () => {
    const { status, headers, body } = await get('/', {
      cookie: await cookie(),
      origin: 'http://evil.example',
    })
    expect([status, body]).toEqual([200, '<!doctype html><p>the page'])
    expect(headers['content-security-policy']).toBe(contentSecurityPolicy)
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
  })

  it('are those of the list and nothing else', async () => {
    const authorised = { cookie: await cookie() }
    expect((await get('/assets/main-abc.js', authorised)).headers['content-type']).toBe(
      'text/javascript; charset=utf-8',
    )
    for (const path of [
      '/package.json',
      '/../package.json',
      '/assets/../../package.json',
      '/%2e%2e/package.json',
      '/assets/',
      '/rpc',
    ])
      expect((await get(path, authorised)).status).toBe(404)
  })

  it('change nothing: other methods are refused, from another site at once', async () => {
    const authorised = { cookie: await cookie() }
    expect(
      (await get('/', { ...authorised, origin: `http://127.0.0.1:${port}` }, 'POST')).status,
    ).toBe(405)
    expect((await get('/', { ...authorised, origin: 'http://evil.example' }, 'POST')).status).toBe(
      403,
    )
    expect((await get('/', authorised, 'DELETE')).status).toBe(403)
    expect(
      (await get('/', { ...authorised, origin: 'http://evil.example' }, 'OPTIONS')).status,
    ).toBe(403)
  })
})

const foreignHosts = [
  'evil.example',
  '10.evil.com',
  '127.0.0.1.evil.com',
  'localhost.evil.com',
  '127.0.0.2',
  '0.0.0.0',
  '[::2]',
  'localhost:1:2',
]

describe('the host', () => {
  it.each(foreignHosts)('"%s" is refused', async (host) => {
    expect(
      (await get('/', { host, authorization: `Bearer ${token}` })).status,
    ).toBeGreaterThanOrEqual(400)
    expect(await upgrade(`/rpc?token=${token}`, { host })).not.toBe('open')
  })

  it.each(['localhost', '127.0.0.1', '[::1]', 'localhost:5', '127.0.0.1:65535', 'LOCALHOST'])(
    '"%s" is welcome, whatever its port',
    async (host) => {
      expect((await get('/', { host, authorization: `Bearer ${token}` })).status).toBe(200)
    },
  )
})

describe('the WebSocket', () => {
  const own = () => `http://127.0.0.1:${port}`

  it('opens for our own page with its cookie', async () => {
    expect(await upgrade('/rpc', { origin: own(), cookie: await cookie() })).toBe('open')
  })

  it('refuses a page without cookie, a wrong origin, none, and null', async () => {
    expect(await upgrade('/rpc', { origin: own() })).toBe(401)
    for (const origin of [
      'http://evil.example',
      `https://127.0.0.1:${port}`,
      `http://127.0.0.1:${port + 1}`,
      `http://localhost:${port}`,
      'null',
    ])
      expect(await upgrade('/rpc', { origin, cookie: await cookie() })).toBe(403)
    expect(await upgrade('/rpc', { cookie: await cookie() })).toBe(403)
  })

  it('needs no origin from a program with the token, and takes no foreign one even then', async () => {
    expect(await upgrade('/rpc', { authorization: `Bearer ${token}` })).toBe('open')
    expect(await upgrade(`/rpc?token=${token}`)).toBe('open')
    expect(await upgrade(`/rpc?token=${token}`, { origin: 'http://evil.example' })).toBe(403)
    expect(await upgrade('/rpc?token=guess')).toBe(403)
    expect(await upgrade(`/other?token=${token}`)).toBe(404)
  })

  it('compresses nothing', async () => {
    const extensions = await new Promise((resolve, reject) => {
      const socket = new Socket(`ws://127.0.0.1:${port}/rpc?token=${token}`, {
        perMessageDeflate: true,
      })
      socket.on('error', reject).on('open', () => {
        resolve(socket.extensions)
        socket.close()
      })
    })
    expect(extensions).toBe('')
  })
})

describe('the server', () => {
  it('listens on the loopback alone', async () => {
    const { networkInterfaces } = await import('node:os')
    const outside = Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .find(({ internal, family }) => !internal && family === 'IPv4')
    if (!outside) return
    await expect(
      new Promise((resolve, reject) =>
        connect(port, outside.address).on('connect', resolve).on('error', reject),
      ),
    ).rejects.toThrow()
  })

  it('refuses headers over 16 KiB', async () => {
    const { status } = await get('/', {
      authorization: `Bearer ${token}`,
      'x-long': 'x'.repeat(17 * 1024),
    })
    expect(status).toBe(431)
  })

  it('says so when its port is taken', async () => {
    const error: unknown = await scriptedStudio({ port }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(StudioError)
    expect(error).toMatchObject({
      code: 'port-in-use',
      data: { port },
      message: expect.stringContaining('--port'),
    })
  })
})
