// The loopback server's HTTP side: exchanges the token for a cookie, gives out the built pages from
// their list, and lets pages that were open before a restart come back (pageReturn.ts). There is no
// CORS header on purpose: no other site may read anything here.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import {
  addressOf,
  bearsCookie,
  bearsToken,
  cookieHeader,
  isLoopbackHost,
  isOwnOrigin,
  tokenInAddress,
  type Access,
} from './pageAccess.ts'
import { readAssets, securityHeaders, type Asset } from './assets.ts'
import { readQuestion, type Comeback } from './pageReturn.ts'

/** What was built, or the sentence that says how to build it. */
export type Pages = Map<string, Asset> | string

export interface Door {
  access: Access
  pages: Pages
  comeback: Comeback
}

export function answerPage(door: Door, request: IncomingMessage, response: ServerResponse): void {
  const { access, pages } = door
  if (!isLoopbackHost(request.headers.host))
    return refuse(response, 403, 'Expected the host localhost or 127.0.0.1.')
  if (request.method === 'POST' && addressOf(request).pathname === '/comeback')
    return void answerComeback(door, request, response).catch(() => response.destroy())
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    // nothing here changes by HTTP; the answer still does not tell another site which addresses
    // exist
    if (!isOwnOrigin(request)) return refuse(response, 403, 'Expected a request from this page.')
    return refuse(response, 405, 'Expected GET.', { allow: 'GET, HEAD' })
  }
  if (tokenInAddress(request) !== undefined) {
    if (bearsToken(access, request)) return exchange(door, request, response)
    return refuse(response, 401, wrongToken)
  }
  if (!bearsCookie(access, request) && !bearsToken(access, request))
    return refuse(response, 401, wrongToken)
  give(pages, request, response)
}

async function answerComeback(
  { access, comeback }: Door,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!isOwnOrigin(request)) return refuse(response, 403, 'Expected a request from this page.')
  const question = await readQuestion(request)
  if (!question) return refuse(response, 400, 'Expected a reconnection request from a page.')
  const headers = {
    ...securityHeaders,
    'content-type': 'application/json',
    'cache-control': 'no-store',
  }
  const tell = (answer: object, more = {}) =>
    void response.writeHead(200, { ...headers, ...more }).end(JSON.stringify(answer))
  if (question.step === 'key') {
    const key = bearsCookie(access, request) ? comeback.giveKey(question.ticket) : null
    return key ? tell(key) : refuse(response, 401, wrongToken)
  }
  if (question.step === 'greet') {
    const greeting = comeback.greet(question.id, question.nonce)
    return greeting ? tell(greeting) : refuse(response, 401, wrongToken)
  }
  if (!comeback.enter(question.id, question.nonce, question.proof))
    return refuse(response, 401, wrongToken)
  tell({ ticket: comeback.ticket }, { 'set-cookie': cookieHeader(access) })
}

const wrongToken =
  'This address needs the token of the running Latent Studio. Open the complete address that it printed; the token changes at every start.'

// The token leaves the address (and the history) at once; the page takes the ticket out of it as
// soon as it runs.
function exchange(
  { access, comeback }: Door,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const address = addressOf(request)
  address.searchParams.delete('token')
  address.searchParams.set('ticket', comeback.ticket)
  // one leading slash: "//somewhere" would lead to another host
  const location = `/${address.pathname.replace(/^\/+/, '')}${address.search}`
  response
    .writeHead(303, {
      ...securityHeaders,
      location,
      'set-cookie': cookieHeader(access),
      'cache-control': 'no-store',
    })
    .end()
}

function give(pages: Pages, request: IncomingMessage, response: ServerResponse): void {
  if (typeof pages === 'string') return refuse(response, 503, pages)
  const { pathname } = addressOf(request)
  const asset = pages.get(pathname)
  if (!asset) return refuse(response, 404, 'Not found.')
  // names under /assets/ carry the hash of what is in them
  const cache = pathname.startsWith('/assets/')
    ? 'private, max-age=31536000, immutable'
    : 'no-cache'
  response.writeHead(200, {
    ...securityHeaders,
    'content-type': asset.type,
    'content-length': asset.body.length,
    'cache-control': cache,
  })
  response.end(request.method === 'HEAD' ? undefined : asset.body)
}

function refuse(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, {
    ...securityHeaders,
    ...headers,
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    connection: 'close',
  })
  response.end(`${text}\n`)
}

/** The pages that the build left, or the sentence to show instead. */
export function builtPages(folder: string = join(outFolder(), 'renderer')): Pages {
  try {
    return readAssets(folder)
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}, then start again.`
  }
}

/**
 * Where the build lies. Run from source, this file is in main/transport; built, it is part of
 * out/main.
 */
export function outFolder(): string {
  return join(import.meta.dirname, import.meta.filename.endsWith('.ts') ? '../../out' : '..')
}
