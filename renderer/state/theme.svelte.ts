// Light or dark: what the person chose, else what the system says. The result stands as data-theme
// on the root, where tokens.css reads it; canvases read token values through `colour`, which makes
// them redraw when the theme changes.
export type ThemeChoice = 'system' | 'light' | 'dark'
const key = 'latent-studio-theme'

class Theme {
  choice = $state<ThemeChoice>('system')
  /** The theme that is shown. */
  current = $state<'light' | 'dark'>('light')
  #system = matchMedia('(prefers-color-scheme: dark)')

  start(): void {
    const stored = localStorage.getItem(key)
    this.choice = stored === 'light' || stored === 'dark' ? stored : 'system'
    this.#system.addEventListener('change', () => this.#apply())
    this.#apply()
  }

  choose(choice: ThemeChoice): void {
    this.choice = choice
    if (choice === 'system') localStorage.removeItem(key)
    else localStorage.setItem(key, choice)
    this.#apply()
  }

  /**
   * The value of a colour token such as "--accent", fit for a canvas. Reading it in an effect
   * follows the theme.
   */
  colour(token: `--${string}`): string {
    void this.current
    return getComputedStyle(document.documentElement).getPropertyValue(token).trim()
  }

  #apply(): void {
    const chosen =
      this.choice === 'system' ? (this.#system.matches ? 'dark' : 'light') : this.choice
    document.documentElement.dataset['theme'] = chosen
    this.current = chosen
  }
}

export const theme = new Theme()
