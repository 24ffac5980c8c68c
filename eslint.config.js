// Style that tools can check: TypeScript's and Svelte's recommended rules, the import rules of each
// folder (the table that the import-graph test reads too), and no clock and no Math.random where
// results must repeat.
import js from '@eslint/js'
import svelte from 'eslint-plugin-svelte'
import globals from 'globals'
import { builtinModules } from 'node:module'
import { posix, relative, sep } from 'node:path'
import ts from 'typescript-eslint'
import svelteConfig from './svelte.config.js'
import { covers, importRules } from './test/structure/rules.ts'

/**
 * Reports static and dynamic imports that a folder may not make; a file of ours counts by its path,
 * not its spelling.
 */
const whoImportsWhom = {
  create(context) {
    const file = relative(import.meta.dirname, context.filename)
      .split(sep)
      .join('/')
    const rules = importRules.filter(
      (rule) => covers(rule.from, file) && !covers(rule.except ?? [], file),
    )
    const check = (node) => {
      const specifier = node.source?.value
      if (typeof specifier !== 'string') return
      const own = specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : specifier
      const target = builtinModules.includes(own) ? `node:${own}` : own
      for (const rule of rules) {
        if (covers(rule.never, target) && !covers(rule.allowed ?? [], target))
          context.report({ node, message: rule.name })
      }
    }
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      TSImportType: check,
    }
  },
}

const noEnum = { selector: 'TSEnumDeclaration', message: 'Node strips types only: no enum' }

const clocks = ['Date', 'performance']

export default ts.config(
  {
    ignores: [
      'out/',
      'dist/',
      'coverage/',
      'test-results/',
      'test/reference/',
      '**/*.cjs',
      'node_modules/',
    ],
  },
  js.configs.recommended,
  ...ts.configs.recommended,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.node } },
    plugins: { studio: { rules: { imports: whoImportsWhom } } },
    rules: {
      'studio/imports': 'error',
      'no-restricted-syntax': ['error', noEnum],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      eqeqeq: 'error',
      // TypeScript knows which names exist
      'no-undef': 'off',
    },
  },
  {
    files: [
      'apps/**/*.ts',
      'main/**/*.ts',
      'preload/**/*.ts',
      'renderer/**/*.ts',
      'renderer/**/*.svelte',
    ],
    languageOptions: {
      parserOptions: {
        projectService: true,
        extraFileExtensions: ['.svelte'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': [
        'error',
        { checksVoidReturn: { attributes: false } },
      ],
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: {
      globals: { ...globals.browser },
      parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig },
    },
    // addresses are ours: the router has no base path to resolve against
    rules: { 'svelte/no-navigation-without-resolve': 'off' },
  },
  {
    files: ['test/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        ...['skipIf', 'runIf', 'todo', 'fixme', 'only'].map((property) => ({
          property,
          message:
            'a skip names its reason: needing() of test/kit/needing.ts, or context.skip(reason)',
        })),
      ],
    },
  },
  {
    files: ['apps/cli/**', 'apps/loopbackServer.ts', 'apps/start.ts'],
    ignores: ['apps/cli/terminal.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-syntax': [
        'error',
        noEnum,
        {
          selector:
            "CallExpression[callee.property.name='write'][callee.object.property.name=/^std(out|err)$/]",
          message: 'apps/cli/terminal.ts writes: it removes control characters',
        },
      ],
    },
  },
  {
    files: ['main/engine/**', 'main/datasets/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'use the Philox generator' },
      ],
      'no-restricted-globals': [
        'error',
        ...clocks.map((name) => ({ name, message: 'no clock: results must repeat' })),
      ],
    },
  },
)
