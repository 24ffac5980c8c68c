// The import graph of the project, read from its sources: static, dynamic, type and re-exporting
// imports and require().
import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join, posix, resolve } from 'node:path'
import ts from 'typescript'
import { covers, type ImportRule } from './rules.ts'

export const root = resolve(import.meta.dirname, '../..')

const sourceFolders = ['apps', 'main', 'preload', 'renderer', 'test']
const sourceFile = /\.(ts|mts|js|mjs|cjs|svelte)$/
const builtins = new Set(builtinModules)

/** Every source file with its text, by its path from the project's folder. */
export function readSources(): Map<string, string> {
  const sources = new Map<string, string>()
  for (const folder of sourceFolders) {
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !sourceFile.test(entry.name)) continue
      const path = join(entry.parentPath, entry.name)
      sources.set(posix.relative(root, path), readFileSync(path, 'utf8'))
    }
  }
  return sources
}

/**
 * What a file imports: files of ours by their path from the project's folder, Node's modules as
 * 'node:NAME', packages as written. A computed import() cannot be followed and is listed as
 * 'computed'.
 */
export function importsOf(file: string, text: string): string[] {
  const code = file.endsWith('.svelte') ? scriptsOf(text) : text
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node)
    if (specifier !== undefined) found.push(normalise(file, specifier))
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file.replace(/\.svelte$/, '.ts'), code, ts.ScriptTarget.Latest, false))
  return found
}

function specifierOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node))
    return textOf(node.moduleSpecifier)
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
    return textOf(node.argument.literal)
  if (!ts.isCallExpression(node)) return undefined
  const isRequire = ts.isIdentifier(node.expression) && node.expression.text === 'require'
  if (node.expression.kind === ts.SyntaxKind.ImportKeyword)
    return textOf(node.arguments[0]) ?? 'computed'
  return isRequire ? textOf(node.arguments[0]) : undefined
}

function textOf(node: ts.Node | undefined): string | undefined {
  return node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined
}

function normalise(file: string, specifier: string): string {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(file), specifier)
  return builtins.has(specifier) ? `node:${specifier}` : specifier
}

function scriptsOf(component: string): string {
  return [...component.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)]
    .map((match) => match[1])
    .join('\n')
}

/** Every import in `sources` that breaks a rule, one sentence each. */
export function violations(sources: Map<string, string>, rules: ImportRule[]): string[] {
  const found: string[] = []
  for (const [file, text] of sources) {
    const imports = importsOf(file, text)
    for (const rule of rules) {
      if (!covers(rule.from, file) || covers(rule.except ?? [], file)) continue
      for (const target of imports) {
        if (covers(rule.never, target) && !covers(rule.allowed ?? [], target))
          found.push(`${file} imports ${target}: ${rule.name}`)
      }
    }
  }
  return found
}

/**
 * Groups of files that import each other in a circle, by whatever kind of import; each group in
 * alphabetical order (Tarjan 1972, strongly connected components).
 */
export function circles(sources: Map<string, string>): string[][] {
  const targets = new Map(
    [...sources].map(([file, text]) => [
      file,
      importsOf(file, text).filter((name) => sources.has(name)),
    ]),
  )
  const order = new Map<string, number>()
  const lowest = new Map<string, number>()
  const open: string[] = []
  const found: string[][] = []
  const visit = (file: string): void => {
    order.set(file, order.size)
    lowest.set(file, order.get(file)!)
    open.push(file)
    for (const target of targets.get(file) ?? []) {
      if (!order.has(target)) visit(target)
      if (open.includes(target)) lowest.set(file, Math.min(lowest.get(file)!, lowest.get(target)!))
    }
    if (lowest.get(file) !== order.get(file)) return
    const group = open.splice(open.indexOf(file))
    if (group.length > 1 || targets.get(file)?.includes(file)) found.push(group.sort())
  }
  for (const file of targets.keys()) if (!order.has(file)) visit(file)
  return found
}
