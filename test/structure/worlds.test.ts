// What exists where a file runs, as the compiler is told by the tsconfig.json of its folder:
// planted uses of the DOM and of Node are errors everywhere but in their own world.
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { expect, it } from 'vitest'
import { root } from './graph.ts'

const uses = {
  dom: 'export const a = document.title',
  node: 'export const b = process.pid',
  both: "export const c = new WebSocket('ws://127.0.0.1')",
}
type Use = keyof typeof uses

const worlds: [folder: string, allowed: Use[]][] = [
  ['main', ['node', 'both']],
  ['apps', ['node', 'both']],
  ['main/engine', ['both']],
  ['preload/contract', ['both']],
  ['preload', ['dom', 'both']],
  ['renderer', ['dom', 'both']],
  ['apps/explorer', ['dom', 'both']],
  ['test', ['dom', 'node', 'both']],
]

/** The options that an editor and the checks use for files of a folder. */
function optionsOf(folder: string): ts.CompilerOptions {
  const path = ts.findConfigFile(join(root, folder), (file) => ts.sys.fileExists(file))!
  const { config } = ts.readConfigFile(path, (file) => ts.sys.readFile(file)) as { config: object }
  // whose own files do not matter here
  return ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, dirname(path))
    .options
}

const parsed = new Map<string, ts.SourceFile | undefined>() // the libraries are the same in all worlds

/** Which of the uses a file of this folder may make. */
function usesIn(folder: string): Use[] {
  const options = optionsOf(folder)
  const planted = new Map(
    Object.entries(uses).map(([use, text]) => [join(root, folder, `planted-${use}.ts`), text]),
  )
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists } = host
  host.fileExists = (name) => planted.has(name) || fileExists(name)
  host.getSourceFile = (name, language) => {
    const text = planted.get(name)
    if (text !== undefined) return ts.createSourceFile(name, text, language)
    if (!parsed.has(name)) parsed.set(name, getSourceFile(name, language))
    return parsed.get(name)
  }
  const program = ts.createProgram([...planted.keys()], options, host)
  const fits = (use: Use) => {
    const file = program.getSourceFile(join(root, folder, `planted-${use}.ts`))
    return program.getSemanticDiagnostics(file).length === 0
  }
  return (Object.keys(uses) as Use[]).filter(fits)
}

it.each(worlds)('a file in %s may use %j', (folder, allowed) => {
  expect(usesIn(folder).sort()).toEqual(allowed.toSorted())
})
