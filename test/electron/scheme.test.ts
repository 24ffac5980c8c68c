// What studio:// answers: the listed files under studio://app and nothing else, however the address
// is written.
import { beforeEach, describe, expect, it } from 'vitest'
import { contentSecurityPolicy, type Asset } from '../../main/transport/assets.ts'
import { registerScheme, servePages } from '../../main/window.ts'
import { countAttempts } from './attempts.ts'
import { state } from './fakeState.ts'

const attempt = countAttempts('addresses of our scheme', 25)

describe('our scheme', () => {
  const page: Asset = { body: Buffer.from('<p>the page'), type: 'text/html; charset=utf-8' }
  const pages = new Map([
    ['/', page],
    ['/index.html', page],
    ['/assets/a.js', page],
  ])
  let ask: (url: string, method?: string) => Promise<Response>
  beforeEach(() => {
    state.ready = true
    state.handlers.clear()
    servePages(pages)
    ask = async (url, method = 'GET') => state.handlers.get('studio')!({ url, method } as Request)
  })

  it.each([
    'studio://app/..%2fpackage.json',
    'studio://app/../package.json',
    'studio://app/%2e%2e/package.json',
    'studio://app/assets/../../package.json',
    'studio://app/assets/..\\..\\package.json',
    'studio://app//index.html',
    'studio://app//etc/passwd',
    'studio://app/%69ndex.html',
    'studio://app/index.html%00.js',
    'studio://app/assets/',
    'studio://app/assets/A.js',
    'studio://app/__proto__',
    'studio://app/constructor',
    'studio://other/index.html',
    'studio://APP/index.html',
    'studio://app.evil/index.html',
    'studio://app:80/index.html',
    'studio://me@app/index.html',
    'studio://me:secret@app/index.html',
    'studio:///index.html',
    'studio:index.html',
    'other://app/index.html',
    'no address',
  ])('has nothing at %s', async (url) => attempt(`file ${url}`, (await ask(url)).status !== 404))

  it('answers nothing but GET', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'])
      attempt(method, (await ask('studio://app/index.html', method)).status !== 404)
  })

  it('gives every answer with the policy, its type and no door for other origins', async () => {
    for (const url of ['studio://app/', 'studio://app/index.html?x=1', 'studio://app/nothing']) {
      const { headers, status } = await ask(url)
      expect(status).toBe(url.endsWith('nothing') ? 404 : 200)
      expect(headers.get('content-security-policy')).toBe(contentSecurityPolicy)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
    }
  })

  it('has no privilege to pass the policy by, and no file: page is ever loaded', () => {
    state.ready = false
    registerScheme()
    expect(state.schemes).toEqual([
      {
        scheme: 'studio',
        privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true },
      },
    ])
    expect([...state.handlers.keys()]).toEqual(['studio'])
  })
})
