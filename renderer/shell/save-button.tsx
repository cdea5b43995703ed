import type { Input } from '../../preload/contract/index.ts'
import { useExport } from '../api/use-export.ts'
import { Button } from '../parts/button.tsx'
import { ErrorNote } from '../parts/error-note.tsx'
import { number } from '../parts/format.ts'
import { Icon } from '../parts/icon.tsx'

/** Saves a file that Warder makes, says how far it is, and gives it up when a person wants that. */
export function SaveButton({
  input,
  children,
}: {
  input: Input<'exports:begin'>
  children: string
}) {
  const file = useExport()
  return (
    <>
      {file.state === 'making' && input.what === 'audit' ? (
        <Button onClick={file.cancel}>{number(file.rows)} rows, cancel</Button>
      ) : (
        <Button
          busy={file.state === 'choosing' || file.state === 'making'}
          onClick={() => file.begin(input)}
        >
          <Icon name="export" />
          {children}
        </Button>
      )}
      <span role="status" className={file.state === 'saved' ? 'quiet small' : 'unseen'}>
        {file.state === 'saved' && 'Saved.'}
      </span>
      <ErrorNote error={file.error} />
    </>
  )
}
