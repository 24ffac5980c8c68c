// The checks of `npm test` that look for what nobody uses and for files that are not formatted find
// what is planted.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { check, resolveConfig } from 'prettier'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../store/sample.ts'
import { root } from './graph.ts'

it('an export that nobody uses is reported', () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'apps'))
  cpSync(join(root, 'knip.json'), join(folder, 'knip.json'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'planted', type: 'module' }))
  writeFileSync(join(folder, 'apps/start.ts'), "import { used } from './planted.ts'\nused()\n")
  writeFileSync(
    join(folder, 'apps/planted.ts'),
    'export const used = () => 1\nexport const forgotten = 2\n',
  )
  const knip = spawnSync(
    process.execPath,
    [join(root, 'node_modules/knip/bin/knip.js'), '--no-progress', '--directory', folder],
    {
      encoding: 'utf8',
    },
  )
  expect(knip.stdout).toMatch(/forgotten +apps\/planted\.ts/)
  expect(knip.stdout).not.toMatch(/\bused +apps/)
  expect(knip.status).toBe(1)
})

it('a file that is not formatted is reported', async () => {
  const filepath = join(root, 'main/planted.ts')
  const options = { ...(await resolveConfig(filepath)), filepath }
  expect(await check('const a = 1;\n', options)).toBe(false)
  expect(await check('const a = 1\n', options)).toBe(true)
})
