// The bill of materials, CycloneDX 1.5 as npm writes it, cut down to the packages that are packed;
// the renderer's libraries (built into its script), Node and the runtime's wheels are added.
import { spawnSync } from 'node:child_process'
import type { Installed } from '../../main/runtime/verify.ts'
import type { TakenPackage } from './packages.ts'

export interface Component {
  'bom-ref'?: string
  type: string
  name: string
  version: string
  group?: string
  purl?: string
  licenses?: unknown
  hashes?: { alg: string; content: string }[]
  [more: string]: unknown
}

export interface Bill {
  bomFormat: string
  specVersion: string
  metadata: Record<string, unknown>
  components: Component[]
  dependencies?: { ref: string; dependsOn?: string[] }[]
  [more: string]: unknown
}

/** npm's bill of everything in package-lock.json. */
export function npmBill(root: string): Bill {
  const npm = process.env['npm_execpath']
  const [command, before] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []]
  const args = [...before, 'sbom', '--sbom-format', 'cyclonedx', '--package-lock-only']
  const { stdout, stderr, status } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  const found = status === 0 ? parsed(stdout) : undefined
  if (found !== undefined) return found
  throw new Error(
    `expected a bill of materials from npm sbom (npm 10 or newer), found ${stdout.length} characters: ${stderr.trim()}`,
  )
}

function parsed(text: string): Bill | undefined {
  try {
    return JSON.parse(text) as Bill
  } catch {
    return undefined
  }
}

/** The bill of what is packed. Throws for a packed package that the bill lacks. */
export function packedBill(
  bill: Bill,
  packages: Pick<TakenPackage, 'name' | 'version'>[],
  installed: Installed | null,
): Bill {
  const wanted = new Set(packages.map(({ name, version }) => `${name}@${version}`))
  const components = bill.components.filter((component) =>
    wanted.has(`${component.name}@${component.version}`),
  )
  const found = new Set(components.map(({ name, version }) => `${name}@${version}`))
  const missing = [...wanted].filter((each) => !found.has(each))
  if (missing.length > 0)
    throw new Error(`expected ${missing.join(', ')} in npm's bill of materials; run npm install`)
  const references = new Set(components.map((component) => component['bom-ref']))
  const dependencies = (bill.dependencies ?? [])
    .filter(({ ref }) => references.has(ref))
    .map(({ ref, dependsOn = [] }) => ({
      ref,
      dependsOn: dependsOn.filter((each) => references.has(each)),
    }))
  const { component, ...about } = bill.metadata
  // npm names it after the folder that it lies in
  const metadata = {
    ...about,
    component: { ...(component as Component), name: 'latent-studio', type: 'application' },
  }
  return { ...bill, metadata, components: [...components, ...wheels(installed)], dependencies }
}

function wheels(installed: Installed | null): Component[] {
  return (installed?.packages ?? []).map(({ file, sha256, licence }) => {
    const name = (file.split('-')[0] ?? file).replaceAll('_', '-')
    const purl = `pkg:pypi/${name}@${installed!.version}`
    const licenses = [{ license: { id: licence } }]
    const hashes = [{ alg: 'SHA-256', content: sha256 }]
    return {
      'bom-ref': purl,
      type: 'library',
      name,
      version: installed!.version,
      purl,
      licenses,
      hashes,
    }
  })
}
