// Names of saved files: run, step, tool and what it is, in characters that every file system takes.
const longest = 60 // characters of a run's name

/** "My run: no. 2", 4200, ["plane", "manifold"], "png" -> "My-run-no.-2-step-4200-plane-manifold.png". */
export function fileName(run: string, step: number | null, parts: readonly string[], ending: string): string {
  const safeRun = [...safe(run)]
    .slice(0, longest)
    .join('')
    .replace(/[-.]+$/, '')
  const words = [safeRun || 'run', ...(step === null ? [] : [`step-${step}`]), ...parts.map(safe).filter(Boolean)]
  return `${words.join('-')}.${ending}`
}

// letters and digits of any script stay; what is left of a name never begins with a dot or a dash
function safe(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[^\p{L}\p{M}\p{N}._-]+/gu, '-')
    .replace(/-{2,}/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
}
