// What people call things as a part of a file's name, in characters that every file system takes.

/** "The tutorial's VAE: no. 2" -> "The-tutorials-VAE-no.-2". Letters and digits of any script stay; an apostrophe divides no word. */
export function namePart(text: string): string {
  return text
    .normalize('NFC')
    .replace(/['‘’]/g, '')
    .replace(/[^\p{L}\p{M}\p{N}._-]+/gu, '-')
    .replace(/-{2,}/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
}
