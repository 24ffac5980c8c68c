// What of a comparison can be saved: the manifolds beside each other and what each decodes at the
// cursor, or the common images over each model's reconstructions.
import type { Layout } from '../../../draw/layout.ts'
import { manifoldSheet } from '../../../draw/manifoldSheet.ts'
import type { SaveSource } from '../../save/saveSource.ts'
import type { Compare } from './compare.svelte.ts'

export function savedComparison(compare: Compare): SaveSource | null {
  const { spaces, inputs } = compare
  const names = spaces.map(({ source }) => source.run?.name ?? 'run')
  if (spaces.length < 2) return null
  const about = { tool: 'compare', run: names.join('-and-'), step: spaces[0]?.step ?? null }
  if (inputs) {
    const columns = inputs.tiles.count
    const made = spaces.flatMap(({ explained }) => explained.tiles ?? [])
    const rows: Layout[number] = [inputs.tiles, ...made].map((tiles) => ({ tiles, columns }))
    return {
      ...about,
      pictures: [{ label: 'Images above reconstructions', name: 'images', layout: () => [rows] }],
    }
  }
  const manifolds = spaces.flatMap(({ manifold, columns: { length }, latentSize }) => {
    if (!manifold) return []
    const { tiles, columns } = manifoldSheet(manifold, length, latentSize)
    return [[{ tiles, columns }]]
  })
  const decoded = spaces.flatMap(({ decoded: here }) =>
    here ? [[{ tiles: here.tiles, columns: 1 }]] : [],
  )
  return {
    ...about,
    pictures: [
      ...(manifolds.length > 0
        ? [{ label: 'Manifolds side by side', name: 'manifolds', layout: () => manifolds }]
        : []),
      ...(decoded.length > 0
        ? [{ label: 'Images at the cursor', name: 'cursor', layout: () => decoded }]
        : []),
    ],
  }
}
