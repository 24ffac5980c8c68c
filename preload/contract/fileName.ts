// What people call things as a part of a file's name, in characters that every file system takes.

/**
 * "The tutorial's VAE: no. 2" -> "The-tutorials-VAE-no.-2". Letters and digits of any script stay;
 * an apostrophe divides no word.
 */
export function namePart(text: string): string {
  return text
    .normalize('NFC')
    .replace(/['‘’]/g, '')
    .replace(/[^\p{L}\p{M}\p{N}._-]+/gu, '-')
    .replace(/-{2,}/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
}

const longest = 60 // characters of a run's name

/**
 * "My run: no. 2", 4200, ["plane", "manifold"], "png" ->
 * "My-run-no.-2-step-4200-plane-manifold.png"; a folder has no ending.
 */
export function fileName(
  run: string,
  step: number | null,
  parts: readonly string[],
  ending: string | null,
): string {
  const safeRun = [...namePart(run)]
    .slice(0, longest)
    .join('')
    .replace(/[-.]+$/, '')
  const words = [
    safeRun || 'run',
    ...(step === null ? [] : [`step-${step}`]),
    ...parts.map(namePart).filter(Boolean),
  ]
  return `${words.join('-')}${ending === null ? '' : `.${ending}`}`
}
