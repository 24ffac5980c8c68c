// The origin of the app's pages, and who has it. Compared part by part after parsing: a prefix
// would also match studio://app.evil, and Node gives a scheme that it does not know the origin
// "null".

export const scheme = 'studio'
const host = 'app'
export const origin = `${scheme}://${host}`

/** An address, or an origin, of our own pages. */
export function isOurPage(address: string): boolean {
  const url = parse(address)
  return (
    url !== null &&
    url.protocol === `${scheme}:` &&
    url.host === host &&
    url.username === '' &&
    url.password === ''
  )
}

/** An address of something that one of our pages made: blob:studio://app/.... */
export function isOurPagesFile(address: string): boolean {
  return address.startsWith('blob:') && isOurPage(address.slice('blob:'.length))
}

function parse(address: string): URL | null {
  try {
    return new URL(address)
  } catch {
    return null
  }
}
