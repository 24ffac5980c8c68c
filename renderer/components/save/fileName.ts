// Names of saved files: run, step, tool and what it is, in characters that every file system takes.
import { namePart } from '../../../preload/contract/fileName.ts'

const longest = 60 // characters of a run's name

/** "My run: no. 2", 4200, ["plane", "manifold"], "png" -> "My-run-no.-2-step-4200-plane-manifold.png"; a folder has no ending. */
export function fileName(run: string, step: number | null, parts: readonly string[], ending: string | null): string {
  const safeRun = [...namePart(run)]
    .slice(0, longest)
    .join('')
    .replace(/[-.]+$/, '')
  const words = [safeRun || 'run', ...(step === null ? [] : [`step-${step}`]), ...parts.map(namePart).filter(Boolean)]
  return `${words.join('-')}${ending === null ? '' : `.${ending}`}`
}
