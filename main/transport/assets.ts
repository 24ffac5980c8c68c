// The built renderer as both shells serve it: a closed list of files, written by the build and read
// once, so that no request ever becomes a path; and the content security policy that goes with
// every one of them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { StudioError } from '../../preload/contract/errors.ts'

export interface Asset {
  body: Buffer
  type: string
}

const listSchema = z.record(z.string(), z.string())

// style-src-attr: Svelte's static style attributes and KaTeX write style="..."; scripts and style
// sheets stay strict
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "style-src-attr 'unsafe-inline'",
  "img-src 'self' blob: data:",
  "font-src 'self'",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Headers of every response that carries a file of the renderer. */
export const securityHeaders: Record<string, string> = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

/**
 * Every file of the built renderer in memory, by its address ("/", "/assets/index-a1b2.js").
 * Throws `not-found` when the renderer was not built.
 */
export function readAssets(folder: string): Map<string, Asset> {
  const assets = new Map<string, Asset>()
  for (const [name, type] of Object.entries(readList(folder))) {
    assets.set(`/${name}`, { body: readFileSync(join(folder, name)), type })
  }
  const page = assets.get('/index.html')
  if (page !== undefined) assets.set('/', page)
  return assets
}

function readList(folder: string): Record<string, string> {
  try {
    return listSchema.parse(JSON.parse(readFileSync(join(folder, 'files.json'), 'utf8')))
  } catch {
    throw new StudioError(
      'not-found',
      `expected the built pages in ${folder}, found none that are whole: run npm run build`,
    )
  }
}
