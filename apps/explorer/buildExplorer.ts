// Builds the explorer page's script and style into two strings: one classic script without imports,
// one style sheet.
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { build } from 'vite'

/**
 * `here` is this folder: a bundled caller does not know where this file lay. The design tokens are
 * the program's own.
 */
export async function buildExplorer(here: string): Promise<{ script: string; style: string }> {
  const result = await build({
    configFile: false,
    root: here,
    logLevel: 'silent',
    publicDir: false,
    build: {
      write: false,
      target: 'es2022',
      minify: true,
      modulePreload: false,
      rollupOptions: { input: join(here, 'main.ts'), output: { format: 'iife' } },
    },
  })
  const outputs = Array.isArray(result)
    ? result.flatMap((one) => one.output)
    : 'output' in result
      ? result.output
      : []
  const chunk = outputs.find((one) => one.type === 'chunk')
  if (!chunk) throw new Error('expected one script of the explorer, found none')
  const sheets = [resolve(here, '../../renderer/tokens.css'), join(here, 'page.css')]
  const style = (await Promise.all(sheets.map((sheet) => readFile(sheet, 'utf8')))).join('\n')
  // a script element ends at the first "</script", wherever it stands
  return {
    script: chunk.code.trim().replaceAll('</script', '<\\/script'),
    style: style.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\n\s*\n/g, '\n'),
  }
}
