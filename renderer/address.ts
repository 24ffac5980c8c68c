// Addresses as text and back. Everything a view needs to show the same screen again is in the hash:
// #/run/3f2a?step=3000&tool=plane. The second part of the path is the thing the route is about (`run` or `dataset`).
export const routeNames = ['runs', 'new', 'run', 'explore', 'data', 'setup'] as const
export type RouteName = (typeof routeNames)[number]
export type Params = Readonly<Record<string, string>>
export type ParamChanges = Readonly<Record<string, string | number | boolean | null | undefined>>

export interface Address {
  route: RouteName
  params: Params
}

// Which parameter stands in the path for each route that is about one thing.
const subject: Partial<Record<RouteName, string>> = { run: 'run', explore: 'run', data: 'dataset' }

/**
 * "#/run/3f2a?step=3000" as a route and its parameters; what is not an address of ours becomes the
 * list of runs.
 */
export function parseAddress(hash: string): Address {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?', 2)
  const [name = '', thing] = path.split('/').map(decoded)
  const route = routeNames.find((known) => known === name) ?? 'runs'
  const params: Record<string, string> = Object.fromEntries(new URLSearchParams(query))
  const key = subject[route]
  if (key && thing) params[key] = thing
  return { route, params }
}

/** The address of a route with parameters; null, undefined, false and '' leave a parameter out. */
export function href(route: RouteName, params: ParamChanges = {}): string {
  const key = subject[route]
  const thing = key ? params[key] : undefined
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(params)) {
    if (name !== key && isSet(value)) query.set(name, String(value))
  }
  const text = query.toString()
  return `#/${route}${isSet(thing) ? `/${encodeURIComponent(String(thing))}` : ''}${text ? `?${text}` : ''}`
}

function isSet(value: ParamChanges[string]): value is string | number | true {
  return value !== null && value !== undefined && value !== false && value !== ''
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
