import type { ReactNode } from 'react'

/** What is too long for its place. It scrolls by the keyboard as well. */
export function ScrollBox({ label, children }: { label: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: nothing in it may take the focus
    <section className="scroll-box" tabIndex={0} aria-label={label}>
      {children}
    </section>
  )
}
