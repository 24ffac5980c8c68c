// Svelte 5 in runes mode, everywhere: a component that falls back to the old reactivity is a
// compile error.
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte'

export default {
  preprocess: vitePreprocess(),
  compilerOptions: { runes: true },
}
