// The package.json of the packed program: who it is and where it begins. `bundledRuntime` tells the
// program where the native runtime that came with it lies (main/runtime/bundled.ts).

export interface PackedDescription {
  name: string
  productName: string
  version: string
  description: string
  license: string
  type: 'module'
  main: string
  bundledRuntime: string
}

/** `whole` is the project's package.json: scripts, dependencies and tools stay out. */
export function trimmedDescription(whole: Record<string, unknown>): PackedDescription {
  const text = (name: string): string => {
    const value = whole[name]
    if (typeof value !== 'string')
      throw new Error(`expected a text as ${name} in package.json, found ${typeof value}`)
    return value
  }
  return {
    name: text('name'),
    productName: 'Latent Studio',
    version: text('version'),
    description: text('description'),
    license: text('license'),
    type: 'module',
    main: text('main'),
    bundledRuntime: '../runtime',
  }
}
