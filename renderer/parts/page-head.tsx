import type { ReactNode } from 'react'

export function PageHead(props: { title: string; about: string; children?: ReactNode }) {
  return (
    <header className="page-head">
      <div>
        <h1>{props.title}</h1>
        <p className="quiet">{props.about}</p>
      </div>
      {props.children && <div className="page-actions">{props.children}</div>}
    </header>
  )
}
