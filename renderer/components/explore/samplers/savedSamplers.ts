// What of the samplers can be saved: the draws of each as a contact sheet, and all of them side by
// side.
import type { SaveSource } from '../../save/saveSource.ts'
import { methods } from './clusterRows.ts'
import type { Samplers } from './samplers.svelte.ts'

const shown = 100 // draws of each, ten in a row
const names = { prior: 'Prior', mixture: 'Mixture', kmeans: 'K-means' } as const

export function savedSamplers(samplers: Samplers): SaveSource | null {
  const sheets = methods.flatMap((method) => {
    const { tiles } = samplers.sheetOf(method, shown)
    return tiles ? [{ method, sheet: { tiles, columns: Math.min(10, tiles.count) } }] : []
  })
  const [first] = sheets
  if (!first) return null
  const together = {
    label: 'Samplers side by side',
    name: '',
    layout: () => sheets.map(({ sheet }) => [sheet]),
  }
  return {
    tool: 'samplers',
    run: samplers.subject.run?.name ?? 'run',
    step: samplers.fitted[first.method]?.answer.step ?? null,
    pictures: [
      ...(sheets.length > 1 ? [together] : []),
      ...sheets.map(({ method, sheet }) => ({
        label: names[method],
        name: method,
        layout: () => [[sheet]],
      })),
    ],
  }
}
