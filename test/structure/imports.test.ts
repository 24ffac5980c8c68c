// Who may import whom, held against the real import graph; and every rule held against an import
// that breaks it, once for the graph and once for ESLint, so that neither can fall asleep.
import { ESLint } from 'eslint'
import { describe, expect, it } from 'vitest'
import { circles, importsOf, readSources, root, violations } from './graph.ts'
import { covers, importRules } from './rules.ts'

const ways: [name: string, write: (specifier: string) => string][] = [
  ['import', (specifier) => `import { a } from '${specifier}'\na()\n`],
  [
    'import type',
    (specifier) => `import type { A } from '${specifier}'\nexport const a: A[] = []\n`,
  ],
  ['export from', (specifier) => `export * from '${specifier}'\n`],
  ['import()', (specifier) => `export const a = await import('${specifier}')\n`],
  ['type import()', (specifier) => `export type A = import('${specifier}').A\n`],
  ['require()', (specifier) => `export const a = require('${specifier}')\n`],
]

describe('import graph', () => {
  it('has no forbidden import', () => {
    expect(violations(readSources(), importRules)).toEqual([])
  })

  it('reads the project, not an empty folder', () => {
    const sources = readSources()
    expect(importsOf('apps/test.ts', sources.get('apps/test.ts') ?? '')).toContain(
      'apps/testing/testOutcome.ts',
    )
  })

  it('has no circles', () => {
    expect(circles(readSources())).toEqual([])
  })

  it('reports planted circles: of types alone, through a component, of a file with itself', () => {
    const planted = new Map([
      ['main/a.ts', "import type { B } from './b.ts'\nexport type A = B"],
      ['main/b.ts', "export type B = import('./a.ts').A"],
      ['main/c.ts', "import './a.ts'"],
      ['renderer/D.svelte', '<script lang="ts">import { e } from \'./e.ts\'</script>{e}'],
      ['renderer/e.ts', "import D from './D.svelte'\nexport const e = D"],
      ['main/f.ts', "import './f.ts'"],
    ])
    expect(circles(planted)).toEqual([
      ['main/a.ts', 'main/b.ts'],
      ['renderer/D.svelte', 'renderer/e.ts'],
      ['main/f.ts'],
    ])
  })

  describe.each(importRules)('$name', (rule) => {
    it.each(ways)('reports a planted %s', (_way, write) => {
      const { file, specifiers } = rule.planted
      for (const specifier of specifiers) {
        expect(violations(new Map([[file, write(specifier)]]), [rule]), specifier).toHaveLength(1)
      }
    })

    it('is planted once for everything it forbids', () => {
      const targets = importsOf(
        rule.planted.file,
        rule.planted.specifiers.map((name) => `import '${name}'`).join('\n'),
      )
      for (const forbidden of rule.never)
        expect(
          targets.filter((target) => covers([forbidden], target)),
          forbidden,
        ).not.toEqual([])
    })
  })

  it('reads components and bare names of Node modules', () => {
    const component = `<script module lang="ts">import a from 'fs'</script>\n<script lang="ts">import b from '../main/studio.ts'</script>\n<p>{a}{b}</p>`
    const sources = new Map([['renderer/Planted.svelte', component]])
    expect(violations(sources, importRules)).toHaveLength(2)
  })
})

describe('ESLint', () => {
  // the planted files are in no project, so what needs types is off for them
  const withoutTypes = {
    languageOptions: { parserOptions: { projectService: false } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'off',
      '@typescript-eslint/no-misused-promises': 'off',
    },
  } as const
  const eslint = new ESLint({ cwd: root, overrideConfig: withoutTypes })

  it.each(importRules)('reports a planted import: $name', async (rule) => {
    const { file, specifiers } = rule.planted
    for (const specifier of specifiers) {
      const [result] = await eslint.lintText(`import { a } from '${specifier}'\na()\n`, {
        filePath: file,
      })
      const reported = (result?.messages ?? []).filter(
        (message) => message.ruleId === 'studio/imports',
      )
      expect(reported.map((message) => message.message)).toContain(rule.name)
    }
  })

  it('reports a floating promise, and one where a value is expected', async () => {
    const text =
      "import { readFile } from 'node:fs/promises'\nreadFile('a')\nexport const b = readFile('b') ? 1 : 2\n"
    const [result] = await new ESLint({ cwd: root }).lintText(text, {
      filePath: 'main/files/home.ts',
    })
    const rules = (result?.messages ?? []).map((message) => message.ruleId)
    expect(rules).toEqual([
      '@typescript-eslint/no-floating-promises',
      '@typescript-eslint/no-misused-promises',
    ])
  })

  it('lets an allowed import pass', async () => {
    const [result] = await eslint.lintText(
      `import { a } from '../../preload/contract/errors.ts'\na()\n`,
      {
        filePath: 'renderer/state/planted.svelte.ts',
      },
    )
    expect(
      (result?.messages ?? []).filter((message) => message.ruleId === 'studio/imports'),
    ).toEqual([])
  })
})
