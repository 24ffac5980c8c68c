// Who may talk to the loopback server: the token (in the address, in a header, or as the cookie it
// was exchanged for), the Host that the client named, and the Origin of the page that sent the
// request.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export interface Access {
  /** 256 random bits, for as long as this process lives. */
  readonly token: string
  /** What the cookie holds instead of the token. */
  readonly session: string
  /**
   * Carries the instance, because cookies ignore ports: two servers on one machine would overwrite
   * each other's.
   */
  readonly cookieName: string
}

export function createAccess(token: string = newToken()): Access {
  return {
    token,
    session: newToken(),
    cookieName: `latent-studio-${randomBytes(6).toString('hex')}`,
  }
}

export function newToken(): string {
  return randomBytes(32).toString('base64url')
}

/** Compared in constant time, whatever the lengths. */
export function sameSecret(found: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(found), digest(expected))
}

/**
 * localhost, 127.0.0.1 or [::1] with any port and nothing else: another name would be one that
 * somebody rebound to us.
 */
export function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i.test(host)
}

/** The Origin is that of the pages that this server itself gave out under the Host named. */
export function isOwnOrigin(request: IncomingMessage): boolean {
  const { host, origin } = request.headers
  return host !== undefined && origin?.toLowerCase() === `http://${host.toLowerCase()}`
}

/** The token in the address (?token=), if it is there at all. */
export function tokenInAddress(request: IncomingMessage): string | undefined {
  return addressOf(request).searchParams.get('token') ?? undefined
}

export function addressOf(request: IncomingMessage): URL {
  try {
    return new URL(request.url ?? '/', 'http://localhost')
  } catch {
    return new URL('http://localhost/')
  }
}

/** Sent by a program that read the token: as a bearer, or in the address. */
export function bearsToken(access: Access, request: IncomingMessage): boolean {
  const bearer = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  const token = bearer ?? tokenInAddress(request)
  return token !== undefined && sameSecret(token, access.token)
}

/** Sent by a browser that opened the address with the token before. */
export function bearsCookie(access: Access, request: IncomingMessage): boolean {
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const [name, value] = pair.trim().split('=', 2)
    if (name === access.cookieName && value !== undefined && sameSecret(value, access.session))
      return true
  }
  return false
}

export function cookieHeader(access: Access): string {
  return `${access.cookieName}=${access.session}; HttpOnly; SameSite=Strict; Path=/`
}
